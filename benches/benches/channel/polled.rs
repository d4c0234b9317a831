//! A pair over iceoryx2, whose receivers poll.

use std::cell::OnceCell;
use std::hint;
use std::rc::Rc;

use benches::raw;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::{BackpressureStrategy, Node, NodeBuilder, ipc};
use mp_runtime::channel;

use crate::pairs::{CAPACITY, Pair, serve};

/// What sends numbers one way and receives those of the other way, in the process that it was made in.
struct Port {
    to: Publisher<ipc::Service, u64, ()>,
    from: Subscriber<ipc::Service, u64, ()>,
    _node: Node<ipc::Service>,
}

impl Port {
    fn new(to: &str, from: &str) -> Port {
        let node = NodeBuilder::new().create::<ipc::Service>().expect("a node");
        let service = |name: &str| {
            let name = name.try_into().expect("a name");
            let builder = node.service_builder(&name).publish_subscribe::<u64>();
            builder
                .enable_safe_overflow(false)
                .subscriber_max_buffer_size(CAPACITY)
                .open_or_create()
                .expect("a service")
        };
        let block = BackpressureStrategy::RetryUntilDelivered;
        let to = service(to).publisher_builder().backpressure_strategy(block).create().expect("a publisher");
        let from = service(from).subscriber_builder().buffer_size(CAPACITY).create().expect("a subscriber");
        Port { to, from, _node: node }
    }

    fn send(&self, number: u64) {
        self.to.send_copy(number).expect("the other side is there");
    }

    fn recv(&self) -> u64 {
        loop {
            if let Some(sample) = self.from.receive().expect("the other side is there") {
                return *sample;
            }
            hint::spin_loop();
        }
    }
}

/// Has `measure` use a pair, of which the other side runs on the second core. It polls as long as it lives, so it takes its core from
/// any other: it is measured for itself.
pub(crate) fn with_iceoryx2<R>(measure: impl FnOnce(&mut Pair) -> R) -> R {
    let name = |way: &str| format!("mp-bench/{}/{way}", std::process::id());
    let (there, back) = (name("there"), name("back"));
    let (ready, made) = channel(1).expect("a channel");
    // Its ports are of the process that makes them: the other side makes its own, and says so.
    let port = Rc::new(OnceCell::new());
    let (receiving, to, from) = (Rc::clone(&port), back.clone(), there.clone());
    let recv = move || {
        let port = receiving.get_or_init(|| {
            raw::run_on(Some(1));
            let port = Port::new(&to, &from);
            ready.send(()).expect("the parent waits");
            port
        });
        port.recv()
    };
    let send = move |number| port.get().expect("it has received").send(number);
    let child = serve::spawn(recv, send).expect("it starts");
    let port = Rc::new(Port::new(&there, &back));
    made.recv().expect("the other side has made its ports");
    let (sending, receiving) = (Rc::clone(&port), Rc::clone(&port));
    let mut pair = Pair::new(move |number| sending.send(number), move || receiving.recv(), Some(&child));
    let measured = measure(&mut pair);
    drop(pair);
    child.join().expect("it ends when it is told to");
    drop(port);
    measured
}
