//! Draws the Mandelbrot set with all processors, row by row, and writes it as a PNG. A bar shows how far it is.
//!
//! ```text
//! cargo run --release --example mandelbrot -- mandelbrot.png 1200 800
//! ```

use std::env;
use std::error::Error;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write, stderr};

use mp_runtime::{Pool, Progress};

const STEPS: u32 = 500;

/// How many steps the point stays near.
fn escape(x: f64, y: f64) -> u32 {
    let (mut a, mut b) = (0.0, 0.0);
    for step in 0..STEPS {
        if a * a + b * b > 4.0 {
            return step;
        }
        (a, b) = (a * a - b * b + x, 2.0 * a * b + y);
    }
    STEPS
}

/// Red, green, blue of a point.
fn colour(steps: u32) -> [u8; 3] {
    if steps == STEPS {
        return [0, 0, 0];
    }
    let light = (f64::from(steps) / f64::from(STEPS)).sqrt();
    [(255.0 * light) as u8, (180.0 * light * light) as u8, (255.0 - 200.0 * light) as u8]
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let path = words.next().unwrap_or_else(|| "mandelbrot.png".to_owned());
    let width: u32 = words.next().map_or(Ok(600), |word| word.parse())?;
    let height: u32 = words.next().map_or(Ok(400), |word| word.parse())?;

    // The closure and the sizes are in the workers, by the fork; a row's number goes there, its colours come back.
    let pool = Pool::new(|row: u32| -> Vec<u8> {
        let y = (f64::from(row) / f64::from(height) - 0.5) * 2.4;
        let x = |column| (f64::from(column) / f64::from(width) - 0.7) * 3.2;
        (0..width).flat_map(|column| colour(escape(x(column), y))).collect()
    })?;

    let mut image = Png::begin(BufWriter::new(File::create(&path)?), width, height)?;
    let has_terminal = stderr().is_terminal();
    let bar = |progress: &Progress| {
        let Progress { done, .. } = *progress;
        if has_terminal {
            eprint!(
                "\r[{:<40}] {done}/{height}, {:.0} a second",
                "#".repeat(40 * done / height as usize),
                progress.rate()
            );
        }
    };
    // In their order, as they come: no more rows are in memory than it takes to keep the workers busy.
    for row in pool.imap(0..height).on_progress(bar) {
        image.row(&row?)?;
    }
    image.end()?;
    println!("{path}: {width} x {height}");
    Ok(())
}

/// A PNG file that is written row by row, without compression.
struct Png<W> {
    to: W,
    /// The two sums of the checksum of all rows.
    adler: (u32, u32),
}

impl<W: Write> Png<W> {
    fn begin(mut to: W, width: u32, height: u32) -> io::Result<Self> {
        to.write_all(b"\x89PNG\r\n\x1a\n")?;
        let mut png = Png { to, adler: (1, 0) };
        let depth_and_kind = [8, 2, 0, 0, 0]; // 8 bits each of red, green, blue
        png.chunk(b"IHDR", &[&width.to_be_bytes()[..], &height.to_be_bytes(), &depth_and_kind].concat())?;
        png.chunk(b"IDAT", &[0x78, 0x01])?;
        Ok(png)
    }

    fn row(&mut self, colours: &[u8]) -> io::Result<()> {
        let row = [&[0], colours].concat(); // 0: no filter
        for part in row.chunks(usize::from(u16::MAX)) {
            self.block(0, part)?;
        }
        for byte in row {
            let first = (self.adler.0 + u32::from(byte)) % 65521;
            self.adler = (first, (self.adler.1 + first) % 65521);
        }
        Ok(())
    }

    fn end(mut self) -> io::Result<()> {
        self.block(1, &[])?;
        self.chunk(b"IDAT", &(self.adler.1 << 16 | self.adler.0).to_be_bytes())?;
        self.chunk(b"IEND", &[])?;
        self.to.flush()
    }

    /// Writes a stored block of a deflate stream.
    fn block(&mut self, last: u8, bytes: &[u8]) -> io::Result<()> {
        let length = bytes.len() as u16;
        let head = [&[last][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
        self.chunk(b"IDAT", &[&head, bytes].concat())
    }

    fn chunk(&mut self, kind: &[u8; 4], bytes: &[u8]) -> io::Result<()> {
        let body = [kind, bytes].concat();
        self.to.write_all(&(bytes.len() as u32).to_be_bytes())?;
        self.to.write_all(&body)?;
        self.to.write_all(&crc(&body).to_be_bytes())
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}
