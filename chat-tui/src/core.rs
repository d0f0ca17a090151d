//! What the client knows and does, without a screen.

pub mod history;
pub mod outbox;
