//! The user behind a TCP connection within this machine. It serves limits only; nobody is signed in by it.

use std::sync::Mutex;

use socket_owner::{Ends, Sockets};
use tokio::sync::oneshot;

use crate::lock::lock;

/// Who wants to know a user, and about which connection.
type Wanted = (Ends, oneshot::Sender<Option<u32>>);

/// Those who wait for a look at the sockets. Where the kernel tells of all at once only, that takes it some tens of
/// milliseconds: so one look at a time serves all who have come before it.
static WAITING: Mutex<Vec<Wanted>> = Mutex::new(Vec::new());
static LOOKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Gives the user at the other end of an open connection, if the system tells.
pub(crate) async fn user_of(ends: Ends) -> Option<u32> {
    let (tell, told) = oneshot::channel();
    waiting(|waiting| waiting.push((ends.reversed(), tell)));
    let turn = LOOKING.lock().await;
    let wanted = waiting(std::mem::take);
    if !wanted.is_empty() {
        tokio::task::spawn_blocking(move || answer(wanted)).await.ok()?;
    }
    drop(turn);
    told.await.ok()?
}

fn waiting<T>(with: impl FnOnce(&mut Vec<Wanted>) -> T) -> T {
    with(&mut lock(&WAITING))
}

fn answer(wanted: Vec<Wanted>) {
    let mut sockets = Sockets::now();
    for (ends, tell) in wanted {
        // The task that asked may have gone.
        let _ = tell.send(sockets.holder(ends));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn many_are_answered_at_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap();
        let held = (0..50).map(|_| {
            let client = std::net::TcpStream::connect(own).unwrap();
            let (server, peer) = listener.accept().unwrap();
            (client, server, Ends { own, peer })
        });
        let held = held.collect::<Vec<_>>();
        let me = Some(rustix::process::geteuid().as_raw());
        let asked = held.iter().map(|(.., ends)| tokio::spawn(user_of(*ends)));
        for user in asked.collect::<Vec<_>>() {
            assert_eq!(user.await.unwrap(), me);
        }
        assert!(waiting(|waiting| waiting.is_empty()), "nobody is left waiting");
    }
}
