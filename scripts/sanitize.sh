#!/usr/bin/env bash
# AddressSanitizer over the tests of ruler-core, its bounded fuzz runner included: the core is where `unsafe` is.
# The sanitizer is not stable yet, hence RUSTC_BOOTSTRAP. Takes some minutes; further arguments go to cargo test.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$(rustc -vV | sed -n 's/^host: //p')  # named, so that build scripts and macros stay without the sanitizer
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address ${RUSTFLAGS:-}"
cargo test --locked --target "$target" --target-dir target/sanitize -p ruler-core --lib --tests "$@"
