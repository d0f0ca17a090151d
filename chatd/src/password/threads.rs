//! The threads that hash. They start when there is work, stay a moment for more of it, and have a low
//! priority.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use super::phc::Memory;

/// The niceness of these threads, 0 to 19: on a busy core a flood of sign-ins gets a tenth of what the chat
/// wants.
const NICENESS: i32 = 10;
/// How long a thread, and its memory, waits for the next work.
const STAYS: Duration = Duration::from_secs(1);

/// Something to compute, and the permit that bounds how many of them are computed at once.
pub(super) struct Work {
    pub(super) compute: Box<dyn FnOnce(&mut Memory) + Send>,
    pub(super) permit: OwnedSemaphorePermit,
}

/// Threads that wait for work, and the way to each.
type Waiting = Vec<(ThreadId, Sender<Work>)>;

/// The threads. There are never more than permits.
#[derive(Clone, Default)]
pub(super) struct Threads(Arc<Mutex<Waiting>>);

impl Threads {
    /// Hands work to a thread that waits, the one that worked last, or to a new one.
    pub(super) fn run(&self, work: Work) {
        let waiting = self.waiting().pop();
        match waiting {
            Some((_, thread)) => thread.send(work).expect("a thread that can be found takes its work"),
            None => self.start(work),
        }
    }

    fn start(&self, first: Work) {
        let threads = self.clone();
        thread::Builder::new()
            .name("hash".to_owned())
            .spawn(move || threads.work(first))
            .expect("the system gives the hasher its threads");
    }

    fn work(&self, first: Work) {
        // Without it they only compete harder.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        let (give, take) = channel();
        let mut memory = Memory::default();
        let mut next = Some(first);
        while let Some(Work { compute, permit }) = next {
            compute(&mut memory);
            // In this order: the task that gets the permit finds the thread.
            self.waiting().push((thread::current().id(), give.clone()));
            drop(permit);
            next = self.next(&take);
        }
    }

    /// Waits for more work, for its time or until what is already on its way is here.
    fn next(&self, take: &Receiver<Work>) -> Option<Work> {
        take.recv_timeout(STAYS).ok().or_else(|| {
            let mut waiting = self.waiting();
            let place = waiting.iter().position(|(thread, _)| *thread == thread::current().id());
            let found = place.map(|place| waiting.swap_remove(place));
            drop(waiting);
            // The task that has taken this thread from the list is sending.
            if found.is_some() { None } else { take.recv().ok() }
        })
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[test]
    fn work_that_panics_lets_the_next_one_in() {
        let (threads, permits) = (Threads::default(), Arc::new(Semaphore::new(1)));
        let (told, tell) = channel();
        for number in 0..3 {
            let told = told.clone();
            let compute = Box::new(move |_: &mut Memory| {
                told.send(number).expect("somebody waits");
                assert!(number != 1, "on purpose");
            });
            let permit = loop {
                if let Ok(permit) = permits.clone().try_acquire_owned() {
                    break permit;
                }
                thread::yield_now();
            };
            threads.run(Work { compute, permit });
            assert_eq!(tell.recv(), Ok(number));
        }
    }
}
