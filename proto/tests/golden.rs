//! Every packet, answer and HTTP body has one golden file that the types read and write back unchanged.

#[path = "support/files.rs"]
mod files;

use std::collections::BTreeSet;

use proto::codec::{Incoming, decode_incoming, decode_requests, encode_error, encode_event, encode_ok, encode_request};
use proto::http::{
    Channels, Credentials, DeleteAccount, Export, Feed, Friends, GuestWish, History, LocalSignIn, Moderation,
    NewPassword, OwnSettings, Profile, SearchHits, Sessions, SignedIn, UploadAnswer, UploadWish, Uploaded,
};
use proto::{CatchUp, ClientPacket, Empty, ErrorReply, Request, RequestVisitor, ServerPacket};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

const ANSWERS: &[&str] = &[
    "error",
    "error_without_ref",
    "ok",
    "ok_catch_up_clear",
    "ok_channel_bans",
    "ok_channel_create",
    "ok_channel_invite",
    "ok_channel_invite_create",
    "ok_channel_invites",
    "ok_channel_join",
    "ok_channel_members",
    "ok_channel_message_add",
    "ok_channel_reaction",
    "ok_dm_open",
    "ok_link_create",
    "ok_token_renew",
];

const HTTP_BODIES: &[&str] = &[
    "account_delete",
    "account_delete_request",
    "catch_up",
    "channels",
    "error",
    "export",
    "feed",
    "files",
    "friends",
    "guest",
    "guest_request",
    "healthz",
    "history",
    "local",
    "local_key_request",
    "local_request",
    "login",
    "login_request",
    "logout",
    "password",
    "password_request",
    "profile",
    "register",
    "register_request",
    "search",
    "sessions",
    "moderation",
    "settings",
    "uploads",
    "uploads_request",
];

/// Checks that a folder has exactly the golden files of these names, and that each comes back unchanged.
#[track_caller]
fn check(folder: &str, names: &[&str], rewrite: impl Fn(&str, &str) -> String) {
    let texts = files::texts(folder);
    let found = texts.keys().map(String::as_str).collect::<BTreeSet<_>>();
    assert_eq!(found, names.iter().copied().collect(), "the golden files of `{folder}`");
    for (name, text) in &texts {
        let golden = files::value(name, text);
        assert_eq!(files::value(name, &rewrite(name, text)), golden, "`{folder}/{name}.json`");
    }
}

#[test]
fn client_packets_come_back_unchanged() {
    check("client", ClientPacket::TYPE_NAMES, |name, text| {
        let mut requests = decode_requests(text).expect("a golden file is a frame");
        assert_eq!(requests.len(), 1, "{name}");
        let request = requests.remove(0);
        let packet = request.packet.unwrap_or_else(|refusal| panic!("`{name}` is refused: {refusal}"));
        assert_eq!(packet.type_name(), name);
        encode_request(&request.reference.expect("the examples carry a `ref`"), &packet)
    });
}

#[test]
fn server_packets_come_back_unchanged() {
    check("server", ServerPacket::TYPE_NAMES, |name, text| match incoming(text) {
        Incoming::Event(event) => {
            assert_eq!(event.type_name(), name);
            encode_event(&event)
        }
        other => panic!("`{name}` is no event: {other:?}"),
    });
}

#[test]
fn answers_come_back_unchanged() {
    check("answer", ANSWERS, |name, text| match incoming(text) {
        Incoming::Answer(reference, Ok(payload)) => {
            let payload = match name.strip_prefix("ok_") {
                Some(request) => ok_payload(request, payload.get()),
                None => written(&read::<Empty>(payload.get())),
            };
            encode_ok(&reference, &payload)
        }
        Incoming::Answer(reference, Err(refusal)) => encode_error(Some(&reference), &refusal),
        Incoming::Refusal(refusal) => encode_error(None, &refusal),
        other => panic!("`{name}` is no answer: {other:?}"),
    });
}

#[test]
fn http_bodies_come_back_unchanged() {
    check("http", HTTP_BODIES, |name, text| match name {
        "register_request" | "login_request" => {
            serde_json::to_string(&read::<Credentials>(text)).expect("credentials can be written")
        }
        "guest_request" => serde_json::to_string(&read::<GuestWish>(text)).expect("it can be written"),
        "account_delete_request" => serde_json::to_string(&read::<DeleteAccount>(text)).expect("it can be written"),
        "export" => proto::http::encode_reply(&read::<Export>(text)),
        "password_request" => serde_json::to_string(&read::<NewPassword>(text)).expect("it can be written"),
        "local_request" | "local_key_request" => {
            serde_json::to_string(&read::<LocalSignIn>(text)).expect("it can be written")
        }
        "register" | "login" | "guest" | "local" => proto::http::encode_reply(&read::<SignedIn>(text)),
        "logout" | "password" | "account_delete" | "healthz" => proto::http::encode_reply(&read::<Empty>(text)),
        "catch_up" => proto::http::encode_reply(&read::<CatchUp>(text)),
        "channels" => proto::http::encode_reply(&read::<Channels>(text)),
        "uploads" => proto::http::encode_reply(&read::<UploadAnswer>(text)),
        "uploads_request" => serde_json::to_string(&read::<UploadWish>(text)).expect("it can be written"),
        "files" => proto::http::encode_reply(&read::<Uploaded>(text)),
        "friends" => proto::http::encode_reply(&read::<Friends>(text)),
        "settings" => proto::http::encode_reply(&read::<OwnSettings>(text)),
        "history" => proto::http::encode_reply(&read::<History>(text)),
        "profile" => proto::http::encode_reply(&read::<Profile>(text)),
        "feed" => proto::http::encode_reply(&read::<Feed>(text)),
        "sessions" => proto::http::encode_reply(&read::<Sessions>(text)),
        "moderation" => proto::http::encode_reply(&read::<Moderation>(text)),
        "search" => proto::http::encode_reply(&read::<SearchHits>(text)),
        "error" => proto::http::encode_refusal(&read::<ErrorReply>(text)),
        other => panic!("`{other}` has no type yet"),
    });
}

#[test]
fn golden_files_are_printed_for_people() {
    for folder in files::FOLDERS {
        for (name, text) in files::texts(folder) {
            assert!(text.starts_with("{\n  \"") && text.ends_with("}\n"), "`{folder}/{name}.json`");
        }
    }
}

fn incoming(text: &str) -> Incoming {
    let mut packets = decode_incoming(text).expect("a golden file is a frame");
    assert_eq!(packets.len(), 1, "{text}");
    packets.remove(0)
}

/// Reads the payload of an `ok` as what the request of that type is answered with.
fn ok_payload(request: &str, payload: &str) -> Value {
    struct Answering<'a>(&'a str, &'a str, Option<Value>);

    impl RequestVisitor for Answering<'_> {
        fn visit<R: Request>(&mut self) {
            if R::TYPE_NAME == self.0 {
                self.2 = Some(written(&read::<R::Answer>(self.1)));
            }
        }
    }

    let mut answering = Answering(request, payload, None);
    ClientPacket::visit_all(&mut answering);
    answering.2.unwrap_or_else(|| panic!("nobody asks `{request}`"))
}

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("the type does not read it: {error}\n{text}"))
}

fn written(payload: &impl Serialize) -> Value {
    serde_json::to_value(payload).expect("payloads hold nothing that JSON cannot")
}
