//! The chat daemon. See the library.

fn main() -> std::process::ExitCode {
    chatd::cli::main()
}
