//! Hands the compiler's version to the harness, which says in `hello` what it was built with.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(compiler).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    // "rustc 1.95.0 (f2d3ce0bd 2026-03-21)": the second word.
    println!("cargo::rustc-env=COMPILER_VERSION={}", text.split_whitespace().nth(1).unwrap_or("of unknown version"));
    println!("cargo::rerun-if-changed=build.rs");
}
