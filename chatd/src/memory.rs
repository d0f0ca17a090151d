//! What the C library's allocator keeps of memory that was freed.

/// Makes large buffers go back to the system when they are freed. By itself glibc keeps what has the
/// size of one that was freed before, for each of its arenas: a flood of sign-ins, 19 MiB each, was seen
/// to leave gigabytes behind. Source: mallopt(3), `M_MMAP_THRESHOLD`.
pub(crate) fn give_back_what_is_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// Buffers from this size on are the system's own.
        const LARGE_BYTES: libc::c_int = 1_048_576;
        /// The allocator keeps so much for the next ones.
        const KEPT_BYTES: libc::c_int = 4_194_304;

        #[expect(unsafe_code, reason = "the only way to the allocator's settings")]
        // SAFETY: it changes two numbers inside the allocator, which takes its own lock for it.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES);
        }
    }
}
