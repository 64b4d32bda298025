//! The one process of a model file: started when it is needed, shared by all who ask, given back after a while without work.

use super::child::{self, Failure, Loaded};
use super::graphics;
use super::lock;
use crate::frame::{FromLlama, Graphics, Job, ToLlama};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A model takes a gigabyte of memory and more: after this long without work it is given back.
const IDLE: Duration = Duration::from_secs(600);

/// What is asked of the process.
enum Order {
    /// Be ready: work is about to come.
    Warm,
    Job(Ticket),
    /// No conversation of this group goes on.
    Forget(u64),
}

/// A job and the one who waits for it. Whoever stops waiting ends the job.
#[derive(Clone)]
struct Ticket {
    job: Job,
    events: UnboundedSender<FromLlama>,
}

/// The one process of a model file.
pub struct Process {
    file: PathBuf,
    /// Where the models lie, and what is remembered of them.
    models_dir: PathBuf,
    /// Input and output tokens that fit together.
    pub window: u32,
    /// To the task that drives it; none while nothing runs.
    driver: Mutex<Option<UnboundedSender<Order>>>,
    idle: Duration,
}

static PROCESSES: LazyLock<Mutex<HashMap<PathBuf, Arc<Process>>>> = LazyLock::new(Mutex::default);

impl Process {
    /// That of `file`. When it is wanted with another window, the process with the former one ends with its last reply.
    pub fn shared(file: &Path, window: u32, models_dir: &Path) -> Arc<Self> {
        let mut all = lock(&PROCESSES);
        match all.get(file) {
            Some(process) if process.window == window => return process.clone(),
            Some(former) => drop(lock(&former.driver).take()),
            None => {}
        }
        let process = Arc::new(Process::new(file, window, models_dir, IDLE));
        all.insert(file.to_owned(), process.clone());
        process
    }

    /// One of its own, which is given back after `idle` without work.
    pub fn new(file: &Path, window: u32, models_dir: &Path, idle: Duration) -> Self {
        Process { file: file.to_owned(), models_dir: models_dir.to_owned(), window, driver: Mutex::new(None), idle }
    }

    /// Hands a job in. The events end without `Done` if the process dies.
    pub fn send(self: &Arc<Self>, job: Job) -> UnboundedReceiver<FromLlama> {
        let (events, received) = unbounded_channel();
        self.order(Order::Job(Ticket { job, events }));
        received
    }

    /// Has the model loaded, so that the first job does not wait for it.
    pub fn warm(self: &Arc<Self>) {
        self.order(Order::Warm);
    }

    /// No conversation of this group goes on: what is kept of them is let go.
    pub fn forget(&self, group: u64) {
        // A process that does not run has nothing to forget.
        if let Some(running) = lock(&self.driver).as_ref() {
            let _ = running.send(Order::Forget(group));
        }
    }

    fn order(self: &Arc<Self>, order: Order) {
        let mut driver = lock(&self.driver);
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

    /// Starts a process whenever there is work and none runs. When it dies, those who wait learn it, and the next job starts it anew.
    async fn drive(self: Arc<Self>, mut queue: UnboundedReceiver<Order>) {
        // Where one has failed it is not tried again by this program, even if that could not be noted.
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
                        let worked = work(&mut loaded, &mut orders, &mut waiting, &mut queue, self.idle).await;
                        let Err(error) = worked else { break };
                        tracing::warn!(%error, "the local model's process ended");
                        let Graphics::Used { card } = &loaded.graphics else { break };
                        graphics::failed(&self.models_dir, card, "the model's process ended while it worked there");
                        cards = false;
                        // The driver's fault costs time: what was under way is done anew, on the processor.
                        for ticket in waiting.into_values().rev() {
                            let _ = ticket.events.send(FromLlama::Loading { part: 0.0 });
                            orders.push_front(Order::Job(ticket));
                        }
                    }
                    Err((code, message)) => {
                        for events in tickets(&orders) {
                            let _ = events.send(FromLlama::Failed { id: None, code: code.clone(), message: message.clone() });
                        }
                        break;
                    }
                }
            }
        }
    }

    /// Loads the model. Those who ask for something meanwhile are added to `orders`, and hear how far it is.
    async fn start(
        &self,
        orders: &mut VecDeque<Order>,
        queue: &mut UnboundedReceiver<Order>,
        cards: bool,
    ) -> Result<Loaded, Failure> {
        let (progress, mut parts) = unbounded_channel();
        let on_part = |part| {
            let _ = progress.send(part);
        };
        let mut loading = std::pin::pin!(child::load(&self.file, self.window, &self.models_dir, cards, &on_part));
        let tell =
            |orders: &VecDeque<Order>, part| tickets(orders).for_each(|events| drop(events.send(FromLlama::Loading { part })));
        loop {
            tokio::select! {
                loaded = &mut loading => {
                    // What was said just before the end is heard too.
                    while let Ok(part) = parts.try_recv() {
                        tell(orders, part);
                    }
                    return loaded;
                }
                Some(order) = queue.recv() => orders.push_back(order),
                Some(part) = parts.recv() => tell(orders, part),
            }
        }
    }
}

fn tickets(orders: &VecDeque<Order>) -> impl Iterator<Item = &UnboundedSender<FromLlama>> {
    orders.iter().filter_map(|order| match order {
        Order::Warm | Order::Forget(_) => None,
        Order::Job(ticket) => Some(&ticket.events),
    })
}

/// Passes jobs in and events out, until there was nothing to do for `idle`. Jobs under way are in `waiting`, by their numbers.
async fn work(
    loaded: &mut Loaded,
    orders: &mut VecDeque<Order>,
    waiting: &mut BTreeMap<u64, Ticket>,
    queue: &mut UnboundedReceiver<Order>,
    idle: Duration,
) -> io::Result<()> {
    let mut gone = FuturesUnordered::new();
    let mut last = 0;
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
            last += 1;
            let id = last;
            let (job, events) = (ticket.job.clone(), ticket.events.clone());
            waiting.insert(id, ticket);
            loaded.input.send(&ToLlama::Complete { id, job }).await?;
            gone.push(async move {
                events.closed().await;
                id
            });
        }
        tokio::select! {
            next = queue.recv(), if waiting.is_empty() || !queue.is_closed() || !queue.is_empty() => match next {
                Some(next) => orders.push_back(next),
                // Another process has taken this one's place.
                None if waiting.is_empty() => return Ok(()),
                None => {}
            },
            Some(id) = gone.next() => {
                // One that was answered is not heard of again.
                if waiting.contains_key(&id) {
                    loaded.input.send(&ToLlama::Cancel { id }).await?;
                }
            }
            event = loaded.output.next() => {
                let event = event?;
                if let FromLlama::Kept { name, piece, last } = &event {
                    // Before the reply's end is told: a program may end with it.
                    if let Err(error) = loaded.prompt_cache.take_in(name, piece, *last) {
                        tracing::warn!(%error, "what the local model remembers of its instructions could not be kept");
                    }
                    continue;
                }
                let (id, over) = match &event {
                    FromLlama::Text { id, .. } => (*id, false),
                    FromLlama::Done { id, .. } | FromLlama::Failed { id: Some(id), .. } => (*id, true),
                    _ => return Err(io::ErrorKind::InvalidData.into()),
                };
                if let Some(ticket) = waiting.get(&id) {
                    let _ = ticket.events.send(event);
                }
                if over {
                    waiting.remove(&id);
                }
            }
            () = tokio::time::sleep(idle), if waiting.is_empty() => return Ok(()),
        }
    }
}
