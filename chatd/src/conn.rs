//! One WebSocket connection: read a frame, decode, dispatch, write what waits.
//!
//! One task owns the socket in both directions. Requests are answered in their order; messages may
//! wait for the disk several at once. Channels are shown one at a time as the socket drains, and
//! what the hub has put into the outbox meanwhile follows, each message once (see [`Cursor`]).

mod abuse_budget;
mod cursor;
mod end;
mod hello;
mod session;
mod wire;

use std::future::Future;
use std::sync::Arc;

use proto::codec::ReceivedRequest;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::admission::Unauthenticated;
use crate::daemon::Daemon;
use crate::handler::account;
use crate::hub::Outbox;
use crate::stall_timeout::StallTimeout;
use end::End;
use hello::Greeting;
use session::Session;
use wire::Wire;

/// Bytes read from the socket at once. The library would allocate 128 KiB for each connection.
const READ_BUFFER_BYTES: usize = 1_024;

/// Gives the settings of the WebSocket library for the daemon's limits.
pub(crate) fn websocket_config(packet_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // Only pongs and goodbyes pass it, each at once.
        .write_buffer_size(0)
        .max_message_size(Some(packet_bytes))
        .max_frame_size(Some(packet_bytes))
}

/// The peer of a connection before `hello`.
pub(crate) struct Stranger {
    /// Held until then.
    pub(crate) unauthenticated: Option<Unauthenticated>,
    /// The user of the system, where one is known.
    pub(crate) uid: Option<u32>,
}

/// Serves a connection until it ends; `counted` is held for as long.
pub(crate) fn serve_connection<S, C>(
    socket: WebSocketStream<StallTimeout<S>>,
    daemon: Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    stranger: Stranger,
    counted: C,
) -> impl Future<Output = ()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    // Made out here: what an `async fn` takes as an argument it holds twice for as long as it lasts.
    let mut wire = Wire::new(socket);
    async move {
        // What happens once or seldom is boxed, so that an idle connection holds no room for it.
        let (handle, end) = match Box::pin(hello::greet(&mut wire, &daemon, &stranger, stopping.clone())).await {
            Err(end) => (None, end),
            Ok((greeting, first)) => {
                drop(stranger.unauthenticated);
                let handle = greeting.who.handle().clone();
                (Some(handle), serve_session(&mut wire, &daemon, stopping, greeting, first).await)
            }
        };
        let handle = handle.as_ref().map(tracing::field::display);
        if end.is_the_peers_doing() {
            tracing::info!(?end, handle, "connection closed");
        } else {
            tracing::debug!(?end, handle, "connection ended");
        }
        Box::pin(wire.close(end)).await;
        drop(counted);
    }
}

/// Serves a connection that has said hello.
fn serve_session<'a, S>(
    wire: &'a mut Wire<S>,
    daemon: &'a Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    greeting: Greeting,
    first: Vec<ReceivedRequest>,
) -> impl Future<Output = End> + use<'a, S>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connected = Connected { daemon, outbox: greeting.outbox.clone() };
    let passing = greeting.passing.then(|| greeting.who.clone());
    let mut session = Session::new(wire, daemon, stopping, greeting);
    async move {
        let end = session.run(first).await;
        if let Some(who) = passing {
            // Nobody holds a token of it.
            let _ = Box::pin(account::logout(daemon, &who)).await;
        }
        drop(connected);
        end
    }
}

/// A connection that the hub knows of; dropping it, also by a panic, ends that.
struct Connected<'a> {
    daemon: &'a Daemon,
    outbox: Arc<Outbox>,
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.daemon.hub.disconnect(&self.outbox);
        self.daemon.session_activity.note(self.outbox.session(), self.daemon.clock.now(), None);
    }
}
