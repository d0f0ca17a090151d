//! Frames to packets and back. A frame holds one packet or an array of packets; whatever is wrong
//! with one packet is an answer to it and leaves its neighbours alone.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::bounds::PACKETS_PER_FRAME_MAX;
use crate::client::ClientPacket;
use crate::error::{ErrorCode, ErrorReply};
use crate::id::Ref;
use crate::name::{ChannelName, Handle};
use crate::server::ServerPacket;

/// A packet of a client as the daemon reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedRequest {
    /// The client's name for the request, to be repeated in the answer.
    pub reference: Option<Ref>,
    /// The packet, or the refusal it deserves.
    pub packet: Result<ClientPacket, ErrorReply>,
}

/// A packet of the daemon as a client reads it.
#[derive(Debug)]
pub enum Incoming {
    /// What happened, without having been asked for.
    Event(ServerPacket),
    /// The answer to the request of that name; the payload's shape follows from the request.
    Answer(Ref, Result<Box<RawValue>, ErrorReply>),
    /// A refusal of something that had no name.
    Refusal(ErrorReply),
    /// A packet of a newer daemon, or one this client cannot read: to be ignored.
    Unknown(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type", borrow)]
    type_name: Cow<'a, str>,
    #[serde(rename = "ref", default)]
    reference: Option<Ref>,
    #[serde(borrow, default)]
    payload: Option<&'a RawValue>,
}

/// Reads a frame of a client.
///
/// # Errors
/// One `malformed` for the whole frame when it is no JSON text.
pub fn decode_requests(frame: &str) -> Result<Vec<ReceivedRequest>, ErrorReply> {
    Ok(split(frame)?.into_iter().map(decode_request).collect())
}

/// Gives the type of a frame's first packet, for telling a refused `hello` from no hello at all.
pub fn first_type_name(frame: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "type")]
        type_name: String,
    }

    let first = *split(frame).ok()?.first()?;
    serde_json::from_str::<Typed>(first.get()).ok().map(|typed| typed.type_name)
}

/// Reads a frame of the daemon.
///
/// # Errors
/// One `malformed` for the whole frame when it is no JSON text.
pub fn decode_incoming(frame: &str) -> Result<Vec<Incoming>, ErrorReply> {
    Ok(split(frame)?.into_iter().map(decode_one_incoming).collect())
}

fn split(frame: &str) -> Result<Vec<&RawValue>, ErrorReply> {
    if frame.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('[') {
        let packets: Vec<_> = serde_json::from_str(frame).map_err(|error| not_json(&error))?;
        if packets.len() > PACKETS_PER_FRAME_MAX {
            let reason = format!("a frame holds at most {PACKETS_PER_FRAME_MAX} packets");
            return Err(ErrorReply::new(ErrorCode::Malformed, reason));
        }
        Ok(packets)
    } else {
        serde_json::from_str(frame).map(|packet| vec![packet]).map_err(|error| not_json(&error))
    }
}

fn decode_request(packet: &RawValue) -> ReceivedRequest {
    if !is_object(packet) {
        let refusal = ErrorReply::new(ErrorCode::Malformed, "a packet is a JSON object");
        return ReceivedRequest { reference: None, packet: Err(refusal) };
    }
    let envelope: Envelope = match serde_json::from_str(packet.get()) {
        Ok(envelope) => envelope,
        Err(error) => return ReceivedRequest { reference: lone_reference(packet), packet: Err(malformed(&error)) },
    };
    let objects = envelope.payload.is_none_or(is_object);
    let payload = envelope.payload.map_or("{}", RawValue::get);
    let packet = match ClientPacket::decode_payload(&envelope.type_name, payload) {
        Some(_) if !objects => Err(ErrorReply::new(ErrorCode::Malformed, "a payload is a JSON object")),
        Some(decoded) => decoded.map_err(|error| refused_name(payload).unwrap_or_else(|| malformed(&error))),
        None => Err(ErrorReply::new(ErrorCode::UnknownType, "this daemon knows no packet of this type")),
    };
    ReceivedRequest { reference: envelope.reference, packet }
}

/// The derived readers take a list of values for an object, which nobody means.
fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Finds out whether a payload was refused for the form of a name, which has codes of its own.
fn refused_name(payload: &str) -> Option<ErrorReply> {
    #[derive(Deserialize)]
    struct Names {
        name: Option<String>,
        handle: Option<String>,
    }

    let names = serde_json::from_str::<Names>(payload).ok()?;
    let name = names.name.and_then(|name| name.parse::<ChannelName>().err());
    if let Some(error) = name {
        return Some(ErrorReply::new(ErrorCode::InvalidName, error.to_string()));
    }
    let error = names.handle?.parse::<Handle>().err()?;
    Some(ErrorReply::new(ErrorCode::InvalidHandle, error.to_string()))
}

/// Finds the name of a request whose envelope is broken, so that even its refusal finds home.
fn lone_reference(packet: &RawValue) -> Option<Ref> {
    #[derive(Deserialize)]
    struct Lone {
        #[serde(rename = "ref")]
        reference: Option<Ref>,
    }

    serde_json::from_str::<Lone>(packet.get()).ok()?.reference
}

fn decode_one_incoming(packet: &RawValue) -> Incoming {
    let Ok(envelope) = serde_json::from_str::<Envelope>(packet.get()) else {
        return Incoming::Unknown(String::new());
    };
    let payload = envelope.payload.map_or("{}", RawValue::get);
    match (&*envelope.type_name, envelope.reference) {
        ("ok", Some(reference)) => {
            let payload = RawValue::from_string(payload.to_owned()).expect("a part of JSON text is JSON text");
            Incoming::Answer(reference, Ok(payload))
        }
        ("error", reference) => {
            let refusal = serde_json::from_str(payload).unwrap_or_else(|error| malformed(&error));
            match reference {
                Some(reference) => Incoming::Answer(reference, Err(refusal)),
                None => Incoming::Refusal(refusal),
            }
        }
        (type_name, _) => match ServerPacket::decode_payload(type_name, payload) {
            Some(Ok(event)) => Incoming::Event(event),
            Some(Err(_)) | None => Incoming::Unknown(type_name.to_owned()),
        },
    }
}

fn not_json(error: &serde_json::Error) -> ErrorReply {
    ErrorReply::new(ErrorCode::Malformed, format!("the frame is not valid JSON: {error}"))
}

fn malformed(error: &serde_json::Error) -> ErrorReply {
    ErrorReply::new(ErrorCode::Malformed, format!("the packet cannot be read: {error}"))
}

/// Writes an event.
pub fn encode_event(event: &ServerPacket) -> String {
    encode(event)
}

/// Writes the answer to a request that was done.
pub fn encode_ok(reference: &Ref, payload: &impl Serialize) -> String {
    encode(&Answer { type_name: "ok", reference: Some(reference), payload })
}

/// Writes the refusal of a request, or of something that had no name.
pub fn encode_error(reference: Option<&Ref>, error: &ErrorReply) -> String {
    encode(&Answer { type_name: "error", reference, payload: error })
}

/// Writes a request.
pub fn encode_request(reference: &Ref, packet: &ClientPacket) -> String {
    struct Named<'a>(&'a Ref, &'a ClientPacket);

    impl Serialize for Named<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut packet = serializer.serialize_struct("packet", 3)?;
            packet.serialize_field("type", self.1.type_name())?;
            packet.serialize_field("ref", self.0)?;
            self.1.serialize_payload(&mut packet)?;
            packet.end()
        }
    }

    encode(&Named(reference, packet))
}

#[derive(Serialize)]
struct Answer<'a, T> {
    #[serde(rename = "type")]
    type_name: &'static str,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a Ref>,
    payload: &'a T,
}

impl Serialize for ServerPacket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut packet = serializer.serialize_struct("packet", 2)?;
        packet.serialize_field("type", self.type_name())?;
        self.serialize_payload(&mut packet)?;
        packet.end()
    }
}

impl Serialize for ClientPacket {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut packet = serializer.serialize_struct("packet", 2)?;
        packet.serialize_field("type", self.type_name())?;
        self.serialize_payload(&mut packet)?;
        packet.end()
    }
}

fn encode(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("packets hold nothing that JSON cannot")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(frame: &str) -> (Option<Ref>, ErrorCode) {
        let mut requests = decode_requests(frame).unwrap();
        assert_eq!(requests.len(), 1, "{frame}");
        let request = requests.remove(0);
        (request.reference, request.packet.unwrap_err().code)
    }

    #[test]
    fn a_refusal_carries_the_name_of_its_request() {
        let seven = Some(Ref::Number(7));
        assert_eq!(refusal(r#"{"type":"dance","ref":7}"#), (seven.clone(), ErrorCode::UnknownType));
        assert_eq!(refusal(r#"{"type":"dm_open","ref":7,"payload":{}}"#), (seven.clone(), ErrorCode::Malformed));
        assert_eq!(refusal(r#"{"ref":7,"payload":{}}"#), (seven.clone(), ErrorCode::Malformed));
        assert_eq!(refusal(r#"{"type":5,"ref":7}"#), (seven, ErrorCode::Malformed));
        assert_eq!(refusal("5"), (None, ErrorCode::Malformed));
        assert_eq!(refusal(r#"{"type":"hello","type":"hello"}"#), (None, ErrorCode::Malformed));
    }

    #[test]
    fn what_is_no_json_is_refused_whole() {
        let deep = "[".repeat(100_000);
        for bad in ["", "{", "nonsense", "\u{feff}{}", "{} {}", "NaN", &deep] {
            assert_eq!(decode_requests(bad).unwrap_err().code, ErrorCode::Malformed, "{bad:.20}");
        }
    }

    #[test]
    fn one_bad_packet_leaves_its_neighbours_alone() {
        let requests = decode_requests(r#" [{"type":"token_renew","ref":1},{"type":3,"ref":2},7]"#).unwrap();
        assert_eq!(requests.len(), 3);
        assert!(requests[0].packet.is_ok());
        assert_eq!(requests[1].reference, Some(Ref::Number(2)));
        assert!(requests[2].packet.is_err());
    }

    #[test]
    fn hostile_numbers_and_texts_are_malformed() {
        for payload in [
            r#"{"id":"c","index":-1}"#,
            r#"{"id":"c","index":1e400}"#,
            r#"{"id":"c","index":18446744073709551616}"#,
            r#"{"id":"c","index":1,"index":2}"#,
            r#"{"id":"\ud800","index":1}"#,
        ] {
            let frame = format!(r#"{{"type":"channel_read","payload":{payload}}}"#);
            assert_eq!(refusal(&frame), (None, ErrorCode::Malformed), "{payload}");
        }
    }

    #[test]
    fn a_name_of_the_wrong_form_has_a_code_of_its_own() {
        let name = r#"{"type":"channel_create","payload":{"name":"a b","kind":"public"}}"#;
        assert_eq!(refusal(name).1, ErrorCode::InvalidName);
        assert_eq!(refusal(r#"{"type":"dm_open","payload":{"handle":"-"}}"#).1, ErrorCode::InvalidHandle);
    }

    #[test]
    fn lists_are_no_objects_and_frames_hold_so_many_packets() {
        assert_eq!(refusal(r#"[["token_renew",7,{}]]"#).1, ErrorCode::Malformed);
        assert_eq!(refusal(r#"{"type":"channel_leave","payload":["c1"]}"#).1, ErrorCode::Malformed);
        let many = format!("[{}7]", "7,".repeat(PACKETS_PER_FRAME_MAX));
        assert_eq!(decode_requests(&many).unwrap_err().code, ErrorCode::Malformed);
    }

    #[test]
    fn unknown_fields_are_passed_over() {
        let frame = r#"{"type":"channel_read","x":1,"payload":{"id":"c","index":1,"role":"admin"}}"#;
        assert!(decode_requests(frame).unwrap()[0].packet.is_ok());
    }
}
