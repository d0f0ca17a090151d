//! What an operator types, and what they are told.

use std::process::Output;

use serde_json::Value;

use super::daemon::Folder;
use super::process::{Process, operator};

/// A daemon with an operator.
pub(crate) struct House {
    pub(crate) folder: Folder,
    pub(crate) daemon: Process,
}

impl House {
    pub(crate) async fn new() -> Self {
        let folder = Folder::new();
        Self { daemon: Process::start(&folder).await, folder }
    }

    pub(crate) async fn runs(&self, arguments: &[&str]) -> String {
        runs(&self.folder, arguments, "").await
    }

    pub(crate) async fn fails(&self, arguments: &[&str]) -> String {
        fails(&self.folder, arguments, "").await
    }

    /// The rows of a question to the store; nothing of it is changed.
    pub(crate) fn count(&self, sql: &str) -> i64 {
        let database = rusqlite::Connection::open(self.folder.path().join("chatd.db")).expect("there is a store");
        database.query_row(sql, [], |row| row.get(0)).expect("it answers")
    }
}

impl std::ops::Deref for House {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.daemon
    }
}

/// Runs a command on a data folder.
pub(crate) async fn on(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    let path = folder.path().to_str().expect("the path is text");
    operator(folder, &[arguments, &["--data", path]].concat(), input).await
}

/// Runs a command that works, and gives what it printed.
pub(crate) async fn runs(folder: &Folder, arguments: &[&str], input: &str) -> String {
    let output = on(folder, arguments, input).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    let told = String::from_utf8(output.stdout).expect("the output is text");
    assert!(output.status.success(), "{arguments:?}: {errors}{told}");
    told
}

/// Runs a command that is refused, and gives the one line that says why.
pub(crate) async fn fails(folder: &Folder, arguments: &[&str], input: &str) -> String {
    ends_with(1, folder, arguments, input).await
}

/// Runs a command that cannot be undone where nobody can say yes to it.
pub(crate) async fn asks_in_vain(folder: &Folder, arguments: &[&str]) {
    let told = ends_with(2, folder, arguments, "y\n").await;
    assert!(told.contains("nothing was changed") && told.contains("--yes"), "{told}");
}

async fn ends_with(code: i32, folder: &Folder, arguments: &[&str], input: &str) -> String {
    let output = on(folder, arguments, input).await;
    let errors = String::from_utf8(output.stderr).expect("the output is text");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(output.stdout.is_empty(), "{arguments:?} printed something");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

/// Runs a command that lists something.
pub(crate) async fn lists(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let text = runs(folder, &[arguments, &["--json"]].concat(), "").await;
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}
