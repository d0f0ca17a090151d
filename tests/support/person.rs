//! Somebody with an account and a connection, and what a story says about them.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};

use proto::http::Call;
use proto::http::endpoints::ReadHistory;
use serde_json::{Value, json};

use super::door::Door;
use super::soon;
use super::wire::Wire;

/// A person on one connection. It is a wire, so packets are said and heard on it directly.
pub(crate) struct Person {
    pub(crate) handle: String,
    pub(crate) token: String,
    /// The payload of `welcome`.
    pub(crate) welcome: Value,
    pub(crate) door: Door,
    wire: Wire,
    ids: HashMap<String, String>,
}

impl Deref for Person {
    type Target = Wire;

    fn deref(&self) -> &Wire {
        &self.wire
    }
}

impl DerefMut for Person {
    fn deref_mut(&mut self) -> &mut Wire {
        &mut self.wire
    }
}

/// Gives a nonce that no other message of this run has.
pub(crate) fn fresh_nonce() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("nonce-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// Gives the payload of a message.
pub(crate) fn message(channel_id: &str, content: &str, nonce: &str) -> Value {
    json!({"id": channel_id, "message": {"content": content, "nonce": nonce}})
}

/// How long after an answer that was not complete it is asked for again.
const ASKED_AGAIN: std::time::Duration = std::time::Duration::from_millis(5);

/// Gives the contents of messages, in their order.
pub(crate) fn contents(messages: &Value) -> Vec<&str> {
    let messages = messages.as_array().expect("a list of messages");
    messages.iter().map(|message| message["content"].as_str().expect("a message has content")).collect()
}

impl Person {
    pub(super) async fn connect(door: Door, handle: &str, token: &str, hello: Value) -> Self {
        Self::greet(door.wire().await, door, handle, token, hello).await
    }

    async fn greet(mut wire: Wire, door: Door, handle: &str, token: &str, mut hello: Value) -> Self {
        wire.call(handle);
        hello["token"] = token.into();
        wire.asks("hello", hello).await;
        let welcome = wire.event("welcome").await;
        let (handle, token) = (handle.to_owned(), token.to_owned());
        Self { handle, token, welcome, door, wire, ids: HashMap::new() }
    }

    /// One more connection of the same person.
    pub(crate) async fn again(&self, hello: Value) -> Self {
        self.again_at(&self.door, hello).await
    }

    /// One more connection of the same person, to a daemon that may have moved.
    pub(crate) async fn again_at(&self, door: &Door, hello: Value) -> Self {
        let person = Self::connect(*door, &self.handle, &self.token, hello).await;
        Self { ids: self.ids.clone(), ..person }
    }

    /// One more connection of the same person, with little room for what is not read.
    pub(crate) async fn again_narrow(&self, hello: Value) -> Self {
        let wire = Wire::open_narrow(self.door.address()).await;
        let person = Self::greet(wire, self.door, &self.handle, &self.token, hello).await;
        Self { ids: self.ids.clone(), ..person }
    }

    /// The id of a channel that this person has met by name.
    #[track_caller]
    pub(crate) fn id(&self, channel: &str) -> String {
        self.ids.get(channel).unwrap_or_else(|| panic!("{} has not met #{channel}", self.handle)).clone()
    }

    /// Notes the id of a channel under a name for [`Person::id`].
    pub(crate) fn knows(&mut self, channel: &str, id: &str) {
        self.ids.insert(channel.to_owned(), id.to_owned());
    }

    /// Enters a channel by name and gives its `channel_add`.
    #[track_caller]
    pub(crate) fn joins(&mut self, channel: &str) -> impl Future<Output = Value> {
        let here = Location::caller();
        async move {
            let joined = self.wire.asks("channel_join", json!({"name": channel})).await;
            let id = joined["id"].as_str().expect("`ok` names the channel").to_owned();
            self.knows(channel, &id);
            let shown = |packet: &Value| packet["type"] == "channel_add" && packet["payload"]["id"] == id;
            self.wire.takes(here, "channel_add", shown).await["payload"].take()
        }
    }

    /// Creates a channel and gives its `channel_add`.
    pub(crate) async fn creates(&mut self, channel: &str, kind: &str) -> Value {
        let created = self.wire.asks("channel_create", json!({"name": channel, "kind": kind})).await;
        let id = created["id"].as_str().expect("`ok` names the channel").to_owned();
        self.knows(channel, &id);
        self.wire.event_of("channel_add", &id).await
    }

    /// Invites somebody, who waits for it.
    pub(crate) async fn invites(&mut self, channel: &str, guest: &mut Self) {
        let id = self.id(channel);
        self.wire.asks("channel_invite", json!({"id": id, "handle": guest.handle})).await;
        guest.knows(channel, &id);
        guest.wire.event_of("channel_add", &id).await;
    }

    /// Sends a message and gives the payload of its `ok`.
    #[track_caller]
    pub(crate) fn sends(&mut self, channel: &str, content: &str) -> impl Future<Output = Value> {
        let packet = message(&self.id(channel), content, &fresh_nonce());
        self.wire.asks("channel_message_add", packet)
    }

    /// Sends a message under a nonce of the story's choice and gives the payload of its `ok`.
    #[track_caller]
    pub(crate) fn sends_as(&mut self, channel: &str, content: &str, nonce: &str) -> impl Future<Output = Value> {
        let packet = message(&self.id(channel), content, nonce);
        self.wire.asks("channel_message_add", packet)
    }

    /// Waits for the `channel_add` of a channel that is known by name, as after connecting.
    #[track_caller]
    pub(crate) fn gets_shown(&mut self, channel: &str) -> impl Future<Output = Value> {
        let id = self.id(channel);
        let here = Location::caller();
        async move {
            let shown = |packet: &Value| packet["type"] == "channel_add" && packet["payload"]["id"] == id;
            self.wire.takes(here, "channel_add", shown).await["payload"].take()
        }
    }

    /// Waits for a message with that content and gives it.
    #[track_caller]
    pub(crate) fn sees(&mut self, channel: &str, content: &str) -> impl Future<Output = Value> {
        let here = Location::caller();
        let (id, what) = (self.id(channel), format!("`{content}` in #{channel}"));
        async move { self.wire.takes(here, &what, |packet| says(packet, &id, content)).await["payload"]["message"].take() }
    }

    /// Waits for a message and gives everything that came before it: what is not there did not come.
    #[track_caller]
    pub(crate) fn hears_before(&mut self, channel: &str, fence: &str) -> impl Future<Output = Vec<Value>> {
        let here = Location::caller();
        let (id, what) = (self.id(channel), format!("the fence `{fence}` in #{channel}"));
        async move { self.wire.everything_before(here, &what, |packet| says(packet, &id, fence)).await }
    }

    /// Asks for a page of history by HTTP.
    pub(crate) async fn history(&self, channel: &str, query: &str) -> Value {
        self.gets(&format!("{}?channel={}{query}", ReadHistory::PATH, self.id(channel))).await
    }

    /// Asks for what is found until everything that was said can be.
    pub(crate) async fn finds_all(&self, path: &str) -> Value {
        soon("the index", async {
            loop {
                let reply = self.door.get(path, &self.token).await;
                if reply.status != 429 {
                    let answer = reply.done(200);
                    if answer["complete"] == true {
                        return answer;
                    }
                }
                // The limit of requests is for others.
                tokio::time::sleep(ASKED_AGAIN).await;
            }
        })
        .await
    }

    /// Asks over HTTP for something that is there.
    pub(crate) async fn gets(&self, path: &str) -> Value {
        self.door.get(path, &self.token).await.done(200)
    }
}

fn says(packet: &Value, id: &str, content: &str) -> bool {
    let payload = &packet["payload"];
    packet["type"] == "channel_message_add" && payload["id"] == id && payload["message"]["content"] == content
}
