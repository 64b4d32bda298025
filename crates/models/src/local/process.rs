//! The process of a model's file: starts when needed, serves all callers, and ends after a while without work.

use super::child::{self, Loaded};
use super::graphics;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use parking_lot::Mutex;
use plumb_llama_protocol::{FromLlama, Graphics, Job, ToLlama};
use plumb_rlm::fault::Fault;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Time without work after which a process ends: a model takes a gigabyte of memory and more.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

/// A request queued for the task that drives the process.
enum Order {
    /// Load the model, because work is about to come.
    Warm,
    /// Answer a job.
    Job(Ticket),
    /// No conversation of this group continues.
    Forget(u64),
}

/// A frame of the process, or the fault that kept it from starting.
pub type Event = Result<FromLlama, Fault>;

/// What the process is to do.
#[derive(Clone)]
pub enum Work {
    /// A reply.
    Complete(Job),
    /// Vectors of texts.
    Embed(Vec<String>),
}

impl Work {
    fn order(self, id: u64) -> ToLlama {
        match self {
            Work::Complete(job) => ToLlama::Complete { id, job },
            Work::Embed(texts) => ToLlama::Embed { id, texts },
        }
    }
}

/// Work and its caller. A caller that stops listening cancels it.
#[derive(Clone)]
struct Ticket {
    work: Work,
    events: UnboundedSender<Event>,
}

/// The process of a model's file.
pub struct Process {
    file: PathBuf,
    /// The folder of the models and the prompt cache.
    models_dir: PathBuf,
    /// Input and output tokens that fit together.
    window: u32,
    /// The queue of the task that drives the process; `None` while there is no task.
    driver: Mutex<Option<UnboundedSender<Order>>>,
    idle_timeout: Duration,
}

static PROCESSES: LazyLock<Mutex<HashMap<PathBuf, Arc<Process>>>> = LazyLock::new(Mutex::default);

impl Process {
    /// The process of `file`. A call with another window replaces it, and the former process ends with its last reply.
    pub fn shared(file: &Path, window: u32, models_dir: &Path) -> Arc<Self> {
        let mut all = PROCESSES.lock();
        match all.get(file) {
            Some(process) if process.window == window => return process.clone(),
            Some(former) => drop(former.driver.lock().take()),
            None => {}
        }
        let process = Arc::new(Process::new(file, window, models_dir, IDLE_TIMEOUT));
        all.insert(file.to_owned(), process.clone());
        process
    }

    /// A process that is not shared. It ends after `idle_timeout` without work.
    pub fn new(file: &Path, window: u32, models_dir: &Path, idle_timeout: Duration) -> Self {
        Process { file: file.to_owned(), models_dir: models_dir.to_owned(), window, driver: Mutex::new(None), idle_timeout }
    }

    /// Submits work. Its events end without `Done` or `Embedded` if the process dies.
    pub fn send(self: &Arc<Self>, work: Work) -> UnboundedReceiver<Event> {
        let (events, received) = unbounded_channel();
        self.order(Order::Job(Ticket { work, events }));
        received
    }

    /// Loads the model, so that the first job does not wait for it.
    pub fn warm(self: &Arc<Self>) {
        self.order(Order::Warm);
    }

    /// Drops the conversations of a group, which do not continue.
    pub fn forget(&self, group: u64) {
        // A process that does not run has no conversations.
        if let Some(running) = self.driver.lock().as_ref() {
            let _ = running.send(Order::Forget(group));
        }
    }

    fn order(self: &Arc<Self>, order: Order) {
        let mut driver = self.driver.lock();
        let refused = match driver.as_ref() {
            Some(running) => running.send(order).err().map(|refused| refused.0),
            None => Some(order),
        };
        if let Some(order) = refused {
            let (orders, queue) = unbounded_channel();
            let _ = orders.send(order);
            *driver = Some(orders);
            tokio::spawn(self.clone().drive(queue));
        }
    }

    /// Starts a process whenever there is work and none runs. When it dies, its callers hear of it, and the next job starts another.
    async fn drive(self: Arc<Self>, mut queue: UnboundedReceiver<Order>) {
        // This program does not try a failed card again, even where the failure could not be recorded.
        let mut cards = true;
        while let Some(first) = queue.recv().await {
            match &first {
                Order::Forget(_) => continue,
                Order::Job(ticket) if ticket.events.is_closed() => continue,
                Order::Job(_) | Order::Warm => {}
            }
            let mut orders = VecDeque::from([first]);
            while !orders.is_empty() {
                match self.start(&mut orders, &mut queue, cards).await {
                    Ok(mut loaded) => {
                        let mut waiting = BTreeMap::new();
                        let worked = work(&mut loaded, &mut orders, &mut waiting, &mut queue, self.idle_timeout).await;
                        let Err(error) = worked else { break };
                        tracing::warn!(%error, "the local model's process ended");
                        let Graphics::Used { card } = &loaded.graphics else { break };
                        graphics::record_failure(&self.models_dir, card, "the model's process ended while it worked there");
                        cards = false;
                        // The driver's failure only costs time: the processor does the jobs under way from their beginning.
                        for ticket in waiting.into_values().rev() {
                            let _ = ticket.events.send(Ok(FromLlama::Loading { part: 0.0 }));
                            orders.push_front(Order::Job(ticket));
                        }
                    }
                    Err(fault) => {
                        for events in tickets(&orders) {
                            let _ = events.send(Err(fault.clone()));
                        }
                        break;
                    }
                }
            }
        }
    }

    /// Loads the model. Orders that come meanwhile go into `orders`, and their callers hear the progress.
    async fn start(
        &self,
        orders: &mut VecDeque<Order>,
        queue: &mut UnboundedReceiver<Order>,
        cards: bool,
    ) -> Result<Loaded, Fault> {
        let (progress, mut parts) = unbounded_channel();
        let on_part = |part| {
            let _ = progress.send(part);
        };
        let mut loading = std::pin::pin!(child::load(&self.file, self.window, &self.models_dir, cards, &on_part));
        let report = |orders: &VecDeque<Order>, part| {
            tickets(orders).for_each(|events| drop(events.send(Ok(FromLlama::Loading { part }))))
        };
        loop {
            tokio::select! {
                loaded = &mut loading => {
                    // Also reports the progress just before the end.
                    while let Ok(part) = parts.try_recv() {
                        report(orders, part);
                    }
                    return loaded;
                }
                Some(order) = queue.recv() => orders.push_back(order),
                Some(part) = parts.recv() => report(orders, part),
            }
        }
    }
}

fn tickets(orders: &VecDeque<Order>) -> impl Iterator<Item = &UnboundedSender<Event>> {
    orders.iter().filter_map(|order| match order {
        Order::Warm | Order::Forget(_) => None,
        Order::Job(ticket) => Some(&ticket.events),
    })
}

/// Passes jobs in and events out, until there was no work for `idle_timeout`. Jobs under way are in `waiting`, by their ids.
async fn work(
    loaded: &mut Loaded,
    orders: &mut VecDeque<Order>,
    waiting: &mut BTreeMap<u64, Ticket>,
    queue: &mut UnboundedReceiver<Order>,
    idle_timeout: Duration,
) -> io::Result<()> {
    let mut cancelled = FuturesUnordered::new();
    let mut last_id = 0;
    loop {
        while let Some(order) = orders.pop_front() {
            let ticket = match order {
                Order::Job(ticket) => ticket,
                Order::Forget(group) => {
                    loaded.input.send(&ToLlama::Forget { group }).await?;
                    continue;
                }
                Order::Warm => continue,
            };
            last_id += 1;
            let id = last_id;
            let (work, events) = (ticket.work.clone(), ticket.events.clone());
            waiting.insert(id, ticket);
            loaded.input.send(&work.order(id)).await?;
            cancelled.push(async move {
                events.closed().await;
                id
            });
        }
        tokio::select! {
            next = queue.recv(), if waiting.is_empty() || !queue.is_closed() || !queue.is_empty() => match next {
                Some(next) => orders.push_back(next),
                // Another process has replaced this one.
                None if waiting.is_empty() => return Ok(()),
                None => {}
            },
            Some(id) = cancelled.next() => {
                // A job that is done needs no cancellation.
                if waiting.contains_key(&id) {
                    loaded.input.send(&ToLlama::Cancel { id }).await?;
                }
            }
            event = loaded.output.next() => {
                let event = event?;
                if let FromLlama::Kept { name, piece, last } = &event {
                    // Comes before the reply's end, with which a program may end.
                    if let Err(error) = loaded.prompt_cache.add(name, piece, *last) {
                        tracing::warn!(%error, "the prompt cache of the local model could not be written");
                    }
                    continue;
                }
                let (id, over) = match &event {
                    FromLlama::Text { id, .. } => (*id, false),
                    FromLlama::Done { id, .. } | FromLlama::Embedded { id, .. } | FromLlama::Failed { id: Some(id), .. } => {
                        (*id, true)
                    }
                    _ => return Err(io::ErrorKind::InvalidData.into()),
                };
                if let Some(ticket) = waiting.get(&id) {
                    let _ = ticket.events.send(Ok(event));
                }
                if over {
                    waiting.remove(&id);
                }
            }
            () = tokio::time::sleep(idle_timeout), if waiting.is_empty() => return Ok(()),
        }
    }
}
