//! What is wrong with settings.

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration `{path}`")]
    File {
        /// The path of the file.
        path: String,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// A setting has an unknown name or a value of the wrong kind.
    #[error("{place}: {reason}")]
    Setting {
        /// The file or the environment.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings contradict each other or lie out of range.
    #[error("{0}")]
    Range(&'static str),
}
