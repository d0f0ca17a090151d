//! The floor: a bare loop that writes one pre-built frame to many sockets. No JSON, no storage, no
//! checks; in one form one write a delivery, in the other all frames of a window in one write.

use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::AsyncReadExt;

use crate::daemon::{LOAD_CORE, SERVER_CORE, cpu, use_core};
use tests::client::wire::frame;

/// The server's side, in a process of its own so that its time can be told apart.
#[derive(Debug, Args)]
pub(crate) struct FloorServer {
    receivers: usize,
    messages: u64,
    frame_bytes: usize,
    at_once: usize,
}

impl FloorServer {
    /// Takes the connections, waits for a line on standard input, writes everything, and waits again.
    pub(crate) fn run(self) -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("{}", listener.local_addr()?);
        let mut sockets = Vec::with_capacity(self.receivers);
        for _ in 0..self.receivers {
            let (socket, _) = listener.accept()?;
            socket.set_nodelay(true)?;
            sockets.push(socket);
        }
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line)?;
        let one = frame(&vec![b'x'; self.frame_bytes], false);
        let many = one.repeat(self.at_once);
        for _ in 0..self.messages / self.at_once as u64 {
            for socket in &mut sockets {
                socket.write_all(&many)?;
            }
        }
        println!("done");
        let _ = std::io::stdin().lock().read(&mut [0]);
        Ok(())
    }
}

/// CPU time of the floor per delivery, in microseconds.
pub(crate) struct Floor {
    one_write: f64,
    coalesced: f64,
}

/// Measures both forms.
pub(crate) async fn measure(receivers: usize, messages: u64, frame_bytes: usize, window: usize) -> Result<Floor> {
    let messages = messages.clamp(window as u64, 20_000);
    Ok(Floor {
        one_write: form(receivers, messages, frame_bytes, 1).await?,
        coalesced: form(receivers, messages, frame_bytes, window).await?,
    })
}

async fn form(receivers: usize, messages: u64, frame_bytes: usize, at_once: usize) -> Result<f64> {
    use_core(SERVER_CORE);
    let numbers = [receivers.to_string(), messages.to_string(), frame_bytes.to_string(), at_once.to_string()];
    let child = Command::new(std::env::current_exe()?)
        .arg("floor-server")
        .args(numbers)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    use_core(LOAD_CORE);
    let mut child = child?;
    let mut lines = std::io::BufReader::new(child.stdout.take().context("its output is ours")?).lines();
    let address = lines.next().context("the floor listens")??;
    let mut expected = (messages / at_once as u64) * at_once as u64;
    let deliveries = expected * receivers as u64;
    expected *= frame(&vec![b'x'; frame_bytes], false).len() as u64;
    let mut tasks = Vec::new();
    for _ in 0..receivers {
        let stream = TcpStream::connect(&address)?;
        stream.set_nonblocking(true)?;
        let mut stream = tokio::net::TcpStream::from_std(stream)?;
        tasks.push(tokio::task::spawn_local(async move {
            let mut buffer = vec![0; 65_536];
            let mut rest = expected;
            while rest > 0 {
                rest -= stream.read(&mut buffer).await? as u64;
            }
            anyhow::Ok(stream)
        }));
    }
    // All connections stand before the first frame is written.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let before = cpu(child.id())?;
    child.stdin.as_mut().context("its input is ours")?.write_all(b"go\n")?;
    let mut streams = Vec::new();
    for task in tasks {
        streams.push(task.await??);
    }
    lines.next().context("the floor is done")??;
    let used = cpu(child.id())? - before;
    drop(child.stdin.take());
    child.wait()?;
    Ok(used.as_secs_f64() * 1e6 / deliveries as f64)
}

impl Floor {
    pub(crate) fn print(&self, per_delivery: f64) {
        println!(
            "  floor: one write {:.3} µs a delivery (ratio {:.2}), coalesced {:.3} µs (ratio {:.2})",
            self.one_write,
            per_delivery / self.one_write,
            self.coalesced,
            per_delivery / self.coalesced
        );
    }
}
