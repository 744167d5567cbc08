//! Which allocators are recognised, and which are left alone.
