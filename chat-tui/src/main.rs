//! The terminal client. See the library.

fn main() -> std::process::ExitCode {
    chat_tui::cli::main()
}
