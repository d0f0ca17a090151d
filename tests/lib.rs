//! What the programs of this package share; the stories need none of it.

pub mod client;
