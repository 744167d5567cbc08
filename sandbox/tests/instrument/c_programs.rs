//! Programs in C, as clang builds them.
