//! The one place where a packet's type name, its variant and its payload meet; of a request also its answer, and who may
//! make it.

/// Declares an enum of packets: one line per packet, `Variant(Payload) = "type name"`.
macro_rules! packets {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident($payload:ty) = $type_name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant($payload),)*
        }

        impl $name {
            /// The type name of every packet, in the order of the variants.
            pub const TYPE_NAMES: &[&str] = &[$($type_name),*];

            /// Gives the packet's type name on the wire.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $type_name,)*
                }
            }

            /// Reads the payload of a packet of the given type; `None` when the type is unknown.
            pub(crate) fn decode_payload(type_name: &str, payload: &str) -> Option<serde_json::Result<Self>> {
                match type_name {
                    $($type_name => Some(serde_json::from_str(payload).map(Self::$variant)),)*
                    _ => None,
                }
            }

            pub(crate) fn serialize_payload<S: serde::ser::SerializeStruct>(
                &self,
                packet: &mut S,
            ) -> Result<(), S::Error> {
                match self {
                    $(Self::$variant(payload) => packet.serialize_field("payload", payload),)*
                }
            }
        }
    };
}

/// Declares an enum of requests: one line per request, `Variant(Payload) -> Answer = "type name", who`.
macro_rules! requests {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident($payload:ty) -> $answer:ty = $type_name:literal, $who:ident;)*
    }) => {
        $crate::packets::packets! {
            $(#[$doc])*
            $name { $($(#[$variant_doc])* $variant($payload) = $type_name,)* }
        }

        impl $name {
            /// Shows every request to a visitor, in the order of the variants.
            pub fn visit_all(visitor: &mut impl $crate::client::RequestVisitor) {
                $(visitor.visit::<$payload>();)*
            }
        }

        $(
            impl $crate::client::Request for $payload {
                type Answer = $answer;

                const TYPE_NAME: &'static str = $type_name;
                const WHO: $crate::who::Who = $crate::who::Who::$who;
            }

            impl From<$payload> for $name {
                fn from(payload: $payload) -> Self {
                    Self::$variant(payload)
                }
            }
        )*
    };
}

pub(crate) use {packets, requests};
