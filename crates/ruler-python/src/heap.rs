//! Gives free memory back to the system.
//!
//! The C library of GNU/Linux keeps most of what is freed: after a million rules were added in one call as much as they
//! take themselves, after all were removed nearly all of that. Elsewhere nothing is done.
//! Source: `man 3 malloc_trim`. Figures: docs/performance.md, "Adding, removing, memory".

/// Return the free pages of the process to the system. Other threads wait for it only where they ask for memory.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time and in any thread, and moves nothing that is in use.
    unsafe {
        libc::malloc_trim(0);
    }
}
