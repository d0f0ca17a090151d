//! Compares what the daemon says with the tables of `proto`. Stories write names, paths and shapes by hand, since a slip in
//! a type must not cancel itself out. Here everything that comes back is read as the type that the table names, and written
//! again: nothing is lost, and nothing is left out.

use proto::codec::{Incoming, decode_incoming, encode_event};
use proto::http::{Call, Endpoint, EndpointVisitor, Found, encode_reply};
use proto::{ClientPacket, CloseCode, Request, RequestVisitor};
use serde_json::Value;

/// Checks the events among the packets of a frame.
pub(crate) fn check_events(frame: &str) {
    let packets = decode_incoming(frame).expect("the daemon sends packets");
    let values: Value = serde_json::from_str(frame).expect("the daemon sends JSON");
    let values = if let Value::Array(values) = values { values } else { vec![values] };
    assert_eq!(packets.len(), values.len(), "{frame}");
    for (packet, value) in packets.into_iter().zip(values) {
        match packet {
            Incoming::Event(event) => assert_eq!(read(&encode_event(&event)), value, "an event is as declared"),
            Incoming::Answer(..) | Incoming::Refusal(_) => {}
            Incoming::Unknown(_) => panic!("no packet of the protocol: {value}"),
        }
    }
}

/// Checks the payload of the `ok` to a request.
pub(crate) fn check_answer(type_name: &str, payload: &Value) {
    let mut answer = AnswerTo { type_name, payload, is_known: false };
    ClientPacket::visit_all(&mut answer);
    assert!(answer.is_known, "`{type_name}` is no request");
}

struct AnswerTo<'a> {
    type_name: &'a str,
    payload: &'a Value,
    is_known: bool,
}

impl RequestVisitor for AnswerTo<'_> {
    fn visit<R: Request>(&mut self) {
        if R::TYPE_NAME == self.type_name {
            let answer = serde_json::from_value::<R::Answer>(self.payload.clone());
            let answer = answer.unwrap_or_else(|error| panic!("the answer to {}: {error}", self.type_name));
            let written = serde_json::to_value(answer).expect("answers can be written");
            assert_eq!(written, *self.payload, "the answer to {} is as declared", self.type_name);
            self.is_known = true;
        }
    }
}

/// Checks the body of an HTTP reply to a request that was done.
pub(crate) fn check_reply(method: &str, path: &str, body: &Value) {
    let place = path.split_once('?').map_or(path, |(place, _)| place);
    let Found::Endpoint(endpoint) = Endpoint::at(place, method) else {
        panic!("{method} {path} is no endpoint, and was answered")
    };
    endpoint.visit(&mut ReplyOf { path, body });
}

struct ReplyOf<'a> {
    path: &'a str,
    body: &'a Value,
}

impl EndpointVisitor for ReplyOf<'_> {
    fn visit<C: Call>(&mut self) {
        let answer = serde_json::from_value::<C::Answer>(self.body.clone());
        let answer = answer.unwrap_or_else(|error| panic!("the answer of {}: {error}", self.path));
        assert_eq!(read(&encode_reply(&answer)), *self.body, "the answer of {} is as declared", self.path);
    }
}

/// Reads the number in a close frame.
pub(crate) fn close_code(number: u16) -> CloseCode {
    CloseCode::of(number).unwrap_or_else(|| panic!("{number} is no close code of the protocol"))
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("what was written can be read")
}
