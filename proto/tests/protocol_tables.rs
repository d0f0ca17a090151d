//! The tables of `docs/protocol.md` say what the tables of `proto` say, and nothing else.

#[path = "support/shape.rs"]
mod shape;

use std::collections::BTreeSet;

use proto::http::{Call, Endpoint, EndpointVisitor, Query};
use proto::{ClientPacket, CloseCode, Request, RequestVisitor, ServerPacket, Who};
use serde::de::DeserializeOwned;

const DOCUMENT: &str = include_str!("../../docs/protocol.md");

/// Gives the part of the document below a heading of the second level.
#[track_caller]
fn section(title: &str) -> &'static str {
    let mut sections = DOCUMENT.split("\n## ");
    sections.find(|section| section.starts_with(title)).unwrap_or_else(|| panic!("there is no section `{title}`"))
}

/// Gives the rows of the first table that begins with this row, without marks of code.
#[track_caller]
fn table(section: &str, head: &str) -> Vec<Vec<String>> {
    let (_, table) = section.split_once(&format!("\n{head}\n")).unwrap_or_else(|| panic!("no table begins `{head}`"));
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    rows.map(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    let row = row.strip_prefix('|').and_then(|row| row.strip_suffix('|')).expect("a row has two ends");
    row.split('|').map(|cell| cell.trim().replace('`', "")).collect()
}

/// Writes the fields of a type as the tables do.
fn shape<T: DeserializeOwned>() -> String {
    format!("{{{}}}", shape::fields_of::<T>().join(", "))
}

/// Gives who may, as a cell says it: its longest beginning that is one of the words.
fn who(cell: &str) -> Option<Who> {
    const ALL: [Who; 8] = [
        Who::Stranger,
        Who::SignedIn,
        Who::NoGuest,
        Who::Member,
        Who::Moderator,
        Who::ModeratorNoGuest,
        Who::Owner,
        Who::Author,
    ];
    let begins = ALL.into_iter().filter(|who| cell.starts_with(who.in_words()));
    begins.max_by_key(|who| who.in_words().len())
}

struct Rows(Vec<Vec<String>>);

impl RequestVisitor for Rows {
    fn visit<R: Request>(&mut self) {
        let row = self.0.iter().find(|row| row[0] == R::TYPE_NAME);
        let row = row.unwrap_or_else(|| panic!("`{}` has no row", R::TYPE_NAME));
        assert_eq!(who(&row[1]), Some(R::WHO), "`{}` is for {:?}", R::TYPE_NAME, R::WHO);
        assert_eq!(row[2], shape::<R::Answer>(), "the answer to `{}`", R::TYPE_NAME);
    }
}

#[test]
fn every_request_stands_there_with_its_answer_and_who_may_make_it() {
    let mut rows = Rows(table(section("8."), "| type | who may | `ok` payload |"));
    ClientPacket::visit_all(&mut rows);
    assert_eq!(rows.0.len(), ClientPacket::TYPE_NAMES.len(), "nobody can ask for more");
}

#[test]
fn every_event_stands_there_and_no_other() {
    let rows = table(section("9."), "| type | to whom |");
    let written = rows.iter().map(|row| row[0].as_str()).collect::<BTreeSet<_>>();
    assert_eq!(written, ServerPacket::TYPE_NAMES.iter().copied().collect());
    assert_eq!(rows.len(), written.len(), "each stands there once");
}

#[test]
fn every_close_code_stands_there_and_no_other() {
    let rows = table(section("14."), "| code | when |");
    let written = rows.iter().map(|row| row[0].parse().expect("a close code is a number")).collect::<Vec<u16>>();
    assert_eq!(written, CloseCode::ALL.iter().map(|code| code.number()).collect::<Vec<_>>());
    let of = |number: &u16| CloseCode::of(*number).map(CloseCode::number);
    assert_eq!(written.iter().filter_map(of).collect::<Vec<_>>(), written);
}

#[derive(Default)]
struct Endpoints(Vec<Vec<String>>);

impl EndpointVisitor for Endpoints {
    fn visit<C: Call>(&mut self) {
        let endpoint = format!("{} {}", C::METHOD.as_str(), C::PATH);
        let who = C::ASKER.in_words().replace('`', "");
        let parts = [C::Query::NAMES.join(", "), shape::<C::Body>(), shape::<C::Answer>()];
        self.0.push([endpoint, who].into_iter().chain(parts.map(|part| part.replace("{}", ""))).collect());
    }
}

#[test]
fn every_endpoint_stands_there_and_no_other() {
    let section = section("5.");
    let mut endpoints = Endpoints::default();
    Endpoint::visit_all(&mut endpoints);
    let mut rows = table(section, "| endpoint | who may | query | body | answer |");
    rows.sort();
    endpoints.0.sort();
    assert_eq!(rows, endpoints.0);
    let headings = section.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let mut headings = headings.map(str::to_owned).collect::<Vec<_>>();
    headings.sort();
    assert_eq!(headings, endpoints.0.iter().map(|row| row[0].clone()).collect::<Vec<_>>());
}
