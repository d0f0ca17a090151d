//! The client without a screen, as scripts run it.

use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use super::{Daemon, PASSWORD, client_binary};

/// Somebody's home and environment, in which the client is run.
pub(crate) struct Shell {
    pub(crate) home: Arc<TempDir>,
    server: String,
}

impl Shell {
    /// A shell that talks to the daemon's socket.
    pub(crate) fn at(daemon: &Daemon) -> Self {
        Self::on(&daemon.socket_url())
    }

    /// A shell that talks to a server.
    pub(crate) fn on(server: &str) -> Self {
        let home = TempDir::with_prefix("chat-shell-").expect("a home can be made");
        Self { home: Arc::new(home), server: server.to_owned() }
    }

    /// A shell whose person has signed up.
    pub(crate) fn of(daemon: &Daemon, handle: &str) -> Self {
        let shell = Self::at(daemon);
        shell.runs(&["register", "--user", handle, "--password", PASSWORD]);
        shell
    }

    /// A program in this shell.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.home.path()).env("TZ", "UTC").env("CHAT_SERVER", &self.server);
        command.current_dir(self.home.path()).stdin(Stdio::null());
        command
    }

    /// Runs the client to its end.
    pub(crate) fn client(&self, arguments: &[&str]) -> Output {
        let program = client_binary().to_str().expect("the path is text");
        self.command(program).args(arguments).output().expect("the client can be run")
    }

    /// Starts a command, which goes on beside the story; see [`Running::works`].
    pub(crate) fn starts(&self, arguments: &[&str]) -> Running {
        let program = client_binary().to_str().expect("the path is text");
        let mut command = self.command(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().expect("the client can be run"))
    }

    /// Runs a command that works, and gives what it printed.
    #[track_caller]
    pub(crate) fn runs(&self, arguments: &[&str]) -> String {
        let output = self.client(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?} ended with {}: {errors}", output.status);
        String::from_utf8(output.stdout).expect("the output is text")
    }

    /// Runs a command that ends with a code, and gives the one line that says why.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.client(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(output.stdout.is_empty(), "{arguments:?} printed something");
        assert_eq!(errors.lines().count(), 1, "one line says why: {errors}");
        errors
    }
}

/// A command that runs.
pub(crate) struct Running(Child);

impl Running {
    /// Waits until the command has worked, and gives what it printed.
    #[track_caller]
    pub(crate) fn works(self) -> String {
        let output = self.0.wait_with_output().expect("a child can be waited for");
        assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the output is text")
    }
}

/// Reads what `--json` prints.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}
