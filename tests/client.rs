//! A client that costs little, for load: it speaks the public protocol and looks at bytes.

pub mod http;
pub mod wire;
