//! The terminal client as a library: event → [`app::update`] → [`app::view`].
//!
//! [`app`] is the whole program as a value without any IO; `runtime` is the loop around it and the
//! only place that performs effects; `net` keeps the connection, `term` the terminal. What comes from
//! others passes [`text`] before anything draws it. See `docs/architecture.md`.

#[macro_use]
pub mod catalogue;

pub mod app;
pub mod backoff;
pub mod camera;
pub mod chat;
pub mod cli;
pub mod clock;
pub mod component;
pub mod core;
pub mod deed;
pub mod effect;
pub mod failure;
pub mod fetch;
pub mod headless;
pub mod http;
pub mod image;
pub mod keymap;
pub mod markdown;
pub mod meant;
pub mod msg;
pub mod net;
pub mod page;
pub mod places;
pub mod refusals;
pub mod rules;
pub mod runtime;
pub mod session;
pub mod shortcodes;
pub mod store;
pub mod stored;
pub mod term;
pub mod text;
pub mod theme;
pub mod transfer;
pub mod trial;
pub mod trust;
pub mod unsent;
pub mod words;
