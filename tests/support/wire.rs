//! A WebSocket of JSON packets. Stories write the names and shapes on the wire by hand; what comes back is also compared
//! with the tables of `proto` ([`super::declared`]).

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::panic::Location;

use futures_util::{SinkExt, StreamExt};
use proto::CloseCode;
use proto::http::WEB_SOCKET;
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::declared::{check_answer, check_events, close_code};
use super::{DEADLINE, soon};

/// How the daemon closed a connection; `None` when it was cut without a close frame.
type Closed = Option<CloseCode>;

/// The payload of an `error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) reason: String,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Refusal {
    pub(crate) fn of(payload: &Value) -> Self {
        Self {
            code: payload["code"].as_str().expect("an error has a code").to_owned(),
            reason: payload["reason"].as_str().expect("an error has a reason").to_owned(),
            retry_after_ms: payload["retry_after_ms"].as_u64(),
        }
    }
}

/// One connection.
pub(crate) struct Wire {
    socket: WebSocketStream<TcpStream>,
    name: String,
    /// What came and nobody has asked for yet, in its order.
    waiting: VecDeque<Value>,
    closed: Option<Closed>,
    last_ref: i64,
    /// What was asked and is not answered yet, by its `ref`.
    asked: HashMap<i64, String>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be had");
        Self::on(socket, address).await
    }

    /// A connection with little room on this side, so that a daemon soon notices that nobody reads.
    pub(crate) async fn open_narrow(address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket can be had");
        socket.set_recv_buffer_size(4_096).expect("the buffer can be small");
        Self::on(socket, address).await
    }

    async fn on(socket: TcpSocket, address: SocketAddr) -> Self {
        let url = format!("ws://{address}{WEB_SOCKET}");
        let socket = soon("the WebSocket handshake", async {
            let stream = socket.connect(address).await.expect("the daemon accepts");
            stream.set_nodelay(true).expect("a TCP socket");
            tokio_tungstenite::client_async(url, stream).await.expect("the daemon upgrades").0
        })
        .await;
        let (waiting, asked) = (VecDeque::new(), HashMap::new());
        Self { socket, name: "somebody".to_owned(), waiting, closed: None, last_ref: 0, asked }
    }

    pub(crate) fn call(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// Sends a text frame as it is. A daemon that closes meanwhile is noticed by who reads.
    pub(crate) async fn sends_text(&mut self, text: impl Into<String>) {
        let _ = soon("room to send", self.socket.send(Frame::text(text.into()))).await;
    }

    pub(crate) async fn sends_frame(&mut self, frame: Frame) {
        let _ = soon("room to send", self.socket.send(frame)).await;
    }

    /// Sends a request without waiting for its answer, and gives its `ref`.
    pub(crate) async fn says(&mut self, type_name: &str, payload: Value) -> i64 {
        self.last_ref += 1;
        self.asked.insert(self.last_ref, type_name.to_owned());
        let packet = json!({"type": type_name, "ref": self.last_ref, "payload": payload});
        self.sends_text(packet.to_string()).await;
        self.last_ref
    }

    /// Waits for the answer to a request.
    #[track_caller]
    pub(crate) fn answer(&mut self, reference: i64) -> impl Future<Output = Result<Value, Refusal>> {
        let here = Location::caller();
        async move {
            let what = format!("the answer to {reference}");
            let answer = self.takes(here, &what, |packet| packet["ref"] == reference).await;
            let asked = self.asked.remove(&reference);
            match answer["type"].as_str() {
                Some("ok") => {
                    check_answer(&asked.expect("a request has one answer"), &answer["payload"]);
                    Ok(answer["payload"].clone())
                }
                Some("error") => Err(Refusal::of(&answer["payload"])),
                _ => panic!("{here}: no answer: {answer}"),
            }
        }
    }

    /// Makes a request that is done, and gives the payload of its `ok`.
    #[track_caller]
    pub(crate) fn asks(&mut self, type_name: &str, payload: Value) -> impl Future<Output = Value> {
        let here = Location::caller();
        async move {
            let reference = self.says(type_name, payload.clone()).await;
            match self.answer(reference).await {
                Ok(done) => done,
                Err(refusal) => panic!("{here}: {} was refused {type_name} {payload}: {refusal:?}", self.name),
            }
        }
    }

    /// Makes a request that is refused with a code.
    #[track_caller]
    pub(crate) fn gets_refused(
        &mut self,
        type_name: &str,
        payload: Value,
        code: &str,
    ) -> impl Future<Output = Refusal> {
        let here = Location::caller();
        async move {
            let reference = self.says(type_name, payload.clone()).await;
            match self.answer(reference).await {
                Err(refusal) if refusal.code == code => refusal,
                other => panic!("{here}: {type_name} {payload} should be `{code}`, was {other:?}"),
            }
        }
    }

    /// Waits for the next packet of a type and gives its payload.
    #[track_caller]
    pub(crate) fn event(&mut self, type_name: &str) -> impl Future<Output = Value> {
        let here = Location::caller();
        async move { self.takes(here, type_name, |packet| packet["type"] == type_name).await["payload"].take() }
    }

    /// Waits for the next packet of a type with that `id` and gives its payload.
    #[track_caller]
    pub(crate) fn event_of(&mut self, type_name: &str, id: &str) -> impl Future<Output = Value> {
        let here = Location::caller();
        async move {
            let what = format!("{type_name} of {id}");
            let wanted = |packet: &Value| packet["type"] == type_name && packet["payload"]["id"] == id;
            self.takes(here, &what, wanted).await["payload"].take()
        }
    }

    /// Waits for the next packet whatever it is.
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = Value> {
        let here = Location::caller();
        async move { self.takes(here, "any packet", |_| true).await }
    }

    /// Waits for a packet and gives everything that came before it, which then is gone.
    pub(crate) async fn everything_before(
        &mut self,
        here: &Location<'_>,
        what: &str,
        fence: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        loop {
            if let Some(place) = self.waiting.iter().position(&fence) {
                let mut before = self.waiting.drain(..=place).collect::<Vec<_>>();
                before.pop();
                return before;
            }
            self.reads(here, what).await;
        }
    }

    /// Takes the first packet of a kind, waiting for it if need be.
    pub(crate) async fn takes(&mut self, here: &Location<'_>, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            if let Some(place) = self.waiting.iter().position(&wanted) {
                return self.waiting.remove(place).expect("its place was just found");
            }
            self.reads(here, what).await;
        }
    }

    async fn reads(&mut self, here: &Location<'_>, what: &str) {
        match tokio::time::timeout(DEADLINE, self.receives()).await {
            Ok(Ok(())) => {}
            Ok(Err(code)) => {
                panic!("{here}: {} was closed with {code:?}, waiting for {what}; {}", self.name, self.rest())
            }
            Err(_) => panic!("{here}: {} waited in vain for {what}; {}", self.name, self.rest()),
        }
    }

    fn rest(&self) -> String {
        let texts = self.waiting.iter().map(|packet| packet.to_string().chars().take(200).collect::<String>());
        format!("there was {:#?}", texts.collect::<Vec<_>>())
    }

    /// Reads one frame of packets into those that wait, or gives the close code.
    pub(crate) async fn receives(&mut self) -> Result<(), Closed> {
        if let Some(code) = self.closed {
            return Err(code);
        }
        let code = match self.socket.next().await {
            Some(Ok(Frame::Text(text))) => {
                check_events(&text);
                match serde_json::from_str(&text).expect("the daemon sends JSON") {
                    Value::Array(packets) => self.waiting.extend(packets),
                    packet => self.waiting.push_back(packet),
                }
                return Ok(());
            }
            Some(Ok(Frame::Close(frame))) => {
                // The library has its answer ready; a client that goes away says goodbye.
                let _ = soon("room to send", self.socket.flush()).await;
                Some(close_code(frame.expect("a close frame says why").code.into()))
            }
            Some(Ok(_)) => return Ok(()),
            Some(Err(_)) | None => None,
        };
        self.closed = Some(code);
        Err(code)
    }

    /// Gives what came and nobody has asked for.
    pub(crate) fn take_waiting(&mut self) -> VecDeque<Value> {
        std::mem::take(&mut self.waiting)
    }

    /// Waits until the daemon closes the connection and gives the close code; what came before waits.
    #[track_caller]
    pub(crate) fn gets_closed(&mut self) -> impl Future<Output = Closed> {
        soon("the end of the connection", async {
            loop {
                if let Err(code) = self.receives().await {
                    // Answers the close frame, as a peer must.
                    let _ = self.socket.close(None).await;
                    return code;
                }
            }
        })
    }
}
