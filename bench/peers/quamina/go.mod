// The worker that measures Quamina. `go mod tidy` adds Quamina itself, the newest version 2, when it is built: where
// this was written its module could not be fetched, so no version is known to fit. `hello` says which it became.
module harness

go 1.22
