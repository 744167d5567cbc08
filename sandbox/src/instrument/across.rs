//! What is done to each function of a module is done on all cores, as the engine compiles.

use rayon::prelude::*;

use super::removal::Carried;

/// What `work` makes of each item, in their order. The error is that of the first item that has one,
/// whatever was done first.
pub(super) fn try_map<I, R, E>(
    items: I,
    work: impl Fn(I::Item) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E>
where
    I: IntoParallelIterator<Iter: IndexedParallelIterator>,
    R: Send,
    E: Send,
{
    let removed = Carried::here();
    let done = items.into_par_iter().map(|item| removed.on_this_thread(|| work(item)));
    done.collect::<Vec<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_the_first_error_is_given() {
        let items: Vec<u32> = (0..10_000).collect();
        assert_eq!(try_map(&items, |item| Ok::<_, u32>(*item)).as_ref(), Ok(&items));
        let below = |item: &u32| if *item < 5_000 { Ok(*item) } else { Err(*item) };
        assert_eq!(try_map(&items, below), Err(5_000));
    }
}
