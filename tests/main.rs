//! Stories end to end: a daemon, people with real sockets, and what can go wrong between them.
//!
//! Each test reads as a story and quotes the sentence of the contract that it checks. Most start the
//! daemon inside their own process; what only the real binary can show (signals, kills, exit codes)
//! starts that one. `support` gives the stories their language.

mod support;

mod as_root;
mod backup;
mod bounds;
mod broken_disk;
mod browser;
mod bucket;
mod catch_up;
mod changes;
mod channels;
mod consent;
mod damage;
mod erasure;
mod files;
mod guessing;
mod guests;
mod headless;
mod history;
mod hostile;
mod invitations;
mod keep_alive;
mod keeping;
mod kill;
mod large;
mod leaving;
mod links;
mod local;
mod loopback;
mod messages;
mod moderating;
mod names;
mod offline;
mod operator;
mod order;
mod people;
mod pictures;
mod posts;
mod proxy;
mod reconnect;
mod restart;
mod rights;
mod room;
mod saved;
mod search;
mod selfie;
mod service;
mod sessions;
mod shutdown;
mod sign_in;
mod slow_reader;
mod ssh;
mod targets;
mod terminal;
mod terminals;
mod time;
mod tls;
mod tui;
mod years;
