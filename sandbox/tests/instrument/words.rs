//! Functions of libc that read whole words.
