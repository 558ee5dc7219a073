//! The wasm-bindgen test runner at the version that Cargo.lock pins.
fn main() {
    if let Err(error) = wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os()) {
        eprintln!("error: {error:?}");
        std::process::exit(1)
    }
}
