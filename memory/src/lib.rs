//! What the C library's allocator keeps of memory that was freed.

/// Makes buffers of so many bytes and more go back to the system when they are freed. By itself glibc keeps what has the
/// size of one that was freed before, for each of its arenas: a flood of sign-ins, 19 MiB each, was seen
/// to leave gigabytes behind. Source: mallopt(3), `M_MMAP_THRESHOLD`.
pub fn keep_little_of_what_is_freed(large_bytes: u32) {
    #[cfg(not(all(target_os = "linux", target_env = "gnu")))]
    let _ = large_bytes;
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// The allocator keeps so much for the next ones.
        const KEPT_BYTES: libc::c_int = 4_194_304;

        #[expect(unsafe_code, reason = "the only way to the allocator's settings")]
        // SAFETY: it changes two numbers inside the allocator, which takes its own lock for it.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, large_bytes.try_into().unwrap_or(libc::c_int::MAX));
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT_BYTES);
        }
    }
}

/// Gives what was freed in small pieces back to the system. By itself glibc does so at the end of each arena only: a thousand
/// clients that came back at once and went were seen to leave 50 MiB behind. It takes some milliseconds, so it is nothing for
/// a thread that others wait for. Source: malloc_trim(3).
pub fn give_back_what_is_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        #[expect(unsafe_code, reason = "the only way to the allocator's free memory")]
        // SAFETY: it takes the locks of the allocator and touches no memory that is in use.
        unsafe {
            libc::malloc_trim(0);
        }
    }
}
