//! Searching. A channel that is named among the words is resolved as for every other command.

use proto::http::{Count, SearchQuery};

use super::arguments::Search;
use super::output::Output;
use super::target::Target;
use super::words::printed_channel_title;
use crate::failure::Failure;
use crate::http;
use crate::session::Session;

pub(super) async fn search(session: &Session, request: &Search) -> Result<(), Failure> {
    let (text, place) = take_place(&text_of(&request.query));
    let channel = match place {
        Some(place) => Some(place.find(session).await?.id),
        None => None,
    };
    let query = SearchQuery {
        q: Some(text),
        limit: Some(Count::new(request.limit as usize)),
        offset: Some(Count::new(request.offset as usize)),
        around: Some(Count::new(request.around as usize)),
        channel,
        ..SearchQuery::default()
    };
    let found = http::search_messages(session, &query).await.map_err(Failure::from_asked)?;
    let mut output = Output::new(request.json);
    for (place, hit) in found.hits.iter().enumerate() {
        let name = printed_channel_title(hit.kind, hit.name.as_str());
        if request.around > 0 && place > 0 {
            output.gap()?;
        }
        for message in hit.before.iter().chain([&hit.message]).chain(&hit.after) {
            output.message(&name, message, true)?;
        }
    }
    Ok(())
}

/// Puts the words of the command line together; one with a space in it is a phrase.
fn text_of(query: &[String]) -> String {
    let word = |word: &String| {
        if word.contains(' ') && query.len() > 1 { format!("\"{word}\"") } else { word.clone() }
    };
    query.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// Takes `in:CHANNEL` out of what is searched for, unless it stands in quotes. Of several the last one counts.
fn take_place(text: &str) -> (String, Option<Target>) {
    let (mut rest, mut place) = (Vec::new(), None);
    for (at, part) in text.split('"').enumerate() {
        if at % 2 == 1 {
            rest.push(part.to_owned());
            continue;
        }
        // Between quotes stand words, and white space where there was some.
        let kept = part.split_inclusive(char::is_whitespace).filter(|word| match word.trim_end().strip_prefix("in:") {
            Some(named) => {
                place = named.parse().ok();
                false
            }
            None => true,
        });
        rest.push(kept.collect::<String>());
    }
    (rest.join("\"").trim().to_owned(), place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (String, Option<String>) {
        let (rest, place) = take_place(text);
        (rest, place.map(|place| format!("{:?}", place.named().expect("it is one"))))
    }

    #[test]
    fn the_channel_is_taken_out_of_the_words() {
        assert_eq!(taken("build machine"), ("build machine".to_owned(), None));
        assert_eq!(taken("build in:#Tea machine").0, "build machine");
        assert!(taken("in:id:4h2m build").1.unwrap().starts_with("Id("));
        assert!(taken("in:@bob build").1.unwrap().starts_with("Person("));
        assert_eq!(taken("\"well in:tea done\" from:bob"), ("\"well in:tea done\" from:bob".to_owned(), None));
        assert_eq!(taken("\"well done\" in:tea").0, "\"well done\"");
        assert_eq!(taken("\"open in:tea").0, "\"open in:tea", "a quote that never ends goes to the end");
        assert_eq!(taken("in:a in:b x").1, taken("in:b x").1);
        assert_ne!(taken("in:b x").1, None);
    }
}
