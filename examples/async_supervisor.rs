//! A supervisor in tokio: keeps a few services running, each in a process of its own, and restarts those that die.
//!
//! ```text
//! cargo run -p mp-examples-tokio --example async_supervisor -- [SECONDS]
//! ```
//!
//! Runs for SECONDS, or until Ctrl-C or SIGTERM; then it stops all services, and ends with code 0. Prints a line for each start, each
//! end, and each service that died too often to be started again.
use std::env;
use std::future::pending;
use std::io;
use std::time::Duration;

use mp_runtime::{Child, Receiver, Sender, SpawnError, channel, process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

/// How long a service may take to stop.
const GRACE: Duration = Duration::from_secs(2);
/// So many deaths in so short a time, and a service is given up.
const MOST: usize = 3;
const WITHIN: Duration = Duration::from_secs(5);

/// Works well.
#[process(start = forkserver, daemon)]
async fn clock(lines: Sender<String>) {
    for tick in 1.. {
        sleep(Duration::from_millis(20)).await;
        if lines.send_async(format!("tick {tick}")).await.is_err() {
            return;
        }
    }
}

/// Crashes now and then, so that there is something to see.
#[process(start = forkserver, daemon)]
async fn parser(lines: Sender<String>) {
    for line in ["1", "22", "four"] {
        sleep(Duration::from_millis(30)).await;
        let number: u32 = line.parse().unwrap_or_else(|_| std::process::abort());
        let _ = lines.send_async(format!("parsed {number}")).await;
    }
}

/// Cannot work.
#[process(start = forkserver, daemon)]
async fn mailer(_lines: Sender<String>) -> Result<(), &'static str> {
    Err("there is no mail server")
}

/// Starts a service anew; all give nothing but what they print.
type Start = fn(Sender<String>) -> Result<Child<()>, SpawnError>;

/// Keeps one service running, until it is told to stop or has given it up.
async fn keep(start: Start, lines: Sender<String>, mut stop: watch::Receiver<bool>) -> Result<(), SpawnError> {
    let mut deaths: Vec<Instant> = Vec::new();
    loop {
        let child = start(lines.clone())?;
        let name = child.name().to_owned();
        println!("{name}: started");
        tokio::select! {
            ended = child.join_async() => match ended {
                Ok(()) => {
                    println!("{name}: done");
                    return Ok(());
                }
                Err(error) => println!("{error}"),
            },
            () = told(&mut stop) => {
                match child.stop_async(GRACE).await {
                    Ok(exit) => println!("{exit}"),
                    Err(error) => println!("{name}: {error}"),
                }
                return Ok(());
            }
        }
        deaths.retain(|death| death.elapsed() < WITHIN);
        deaths.push(Instant::now());
        if deaths.len() == MOST {
            println!("{name}: died {MOST} times in {WITHIN:?}, given up");
            return Ok(());
        }
    }
}

/// Waits until `stop` says so.
async fn told(stop: &mut watch::Receiver<bool>) {
    // Its sender lives as long as `main`.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Waits for Ctrl-C, SIGTERM, or so many seconds.
async fn until_the_end(seconds: Option<f64>) -> io::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let time_is_up = async {
        match seconds {
            Some(seconds) => sleep(Duration::from_secs_f64(seconds)).await,
            None => pending().await,
        }
    };
    tokio::select! {
        _ = interrupt.recv() => println!("interrupted"),
        _ = terminate.recv() => println!("told to end"),
        () = time_is_up => println!("time is up"),
    }
    Ok(())
}

/// Prints what the services say, until the last of them has ended.
async fn print(output: &Receiver<String>) {
    while let Ok(line) = output.recv_async().await {
        println!("  {line}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds: Option<f64> = env::args().nth(1).map(|word| word.parse()).transpose()?;
    let (lines, output) = channel(64)?;
    let (stop, is_stopped) = watch::channel(false);
    let mut services = JoinSet::new();
    for start in [clock::spawn, parser::spawn, mailer::spawn] as [Start; 3] {
        services.spawn(keep(start, lines.clone(), is_stopped.clone()));
    }
    drop(lines); // the services have theirs

    tokio::select! {
        ended = until_the_end(seconds) => ended?,
        () = print(&output) => println!("there is nothing left to keep"),
    }
    stop.send_replace(true);
    print(&output).await; // what was said meanwhile: no line is lost by the `select!`
    while let Some(kept) = services.join_next().await {
        kept??;
    }
    println!("all stopped");
    Ok(())
}
