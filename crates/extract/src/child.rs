//! One sealed child with its document, seen from the parent.

use crate::{
    Drawn, Failure, Family, Parsed,
    extractor::Turns,
    protocol::{self, Answer, BROKEN, MAX_HEAD, MAX_MEMBER, MAX_PIECE, MAX_TEXT, Ready, Request},
};
use std::{
    fs::File,
    io::{self, Read, Write},
    os::{
        fd::OwnedFd,
        unix::{net::UnixStream, process::ExitStatusExt},
    },
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

/// A document in a sealed child of its own. All calls block. The child is ended when this is dropped.
pub struct Opened {
    process: std::process::Child,
    socket: UnixStream,
    time: Duration,
    turns: Arc<Turns>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What went wrong on the way, apart from what the child says of the document.
enum Broken {
    /// The child is gone, or talks nonsense.
    Child,
    /// What was read could not be put where it belongs.
    Sink(io::Error),
    Document(Failure),
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Broken::Document(failure)
    }
}

impl Opened {
    pub(crate) fn start(
        program: &Path,
        family: Family,
        document: &File,
        time: Duration,
        turns: Arc<Turns>,
    ) -> Result<Self, Failure> {
        let trouble = |e: io::Error| Failure::passing(format!("the reader for documents could not be started: {e}"));
        let document = document.try_clone().map_err(trouble)?;
        let (socket, theirs) = UnixStream::pair().map_err(trouble)?;
        let family = serde_json::to_string(&family).map_err(|e| trouble(e.into()))?;
        // It needs nothing of our environment, which may hold keys.
        let mut command = Command::new(program);
        command.arg(family).env_clear().stdin(document).stdout(OwnedFd::from(theirs)).stderr(Stdio::piped());
        let process = command.spawn().map_err(trouble)?;
        // The command holds their end of the socket.
        drop(command);
        let mut opened = Opened { process, socket, time, turns };
        let deadline = Instant::now() + time;
        match opened.hear_json::<Ready>(deadline) {
            Ok(Ok(())) => Ok(opened),
            Ok(Err(reason)) => Err(Failure::passing(format!("it was not read, because {reason}"))),
            // It has not looked at the document yet.
            Err(_) if Instant::now() >= deadline => Err(Failure::passing(opened.too_long().reason)),
            Err(_) => Err(Failure::passing("the reader for documents ended at once; install Plumb again")),
        }
    }

    /// Its text, and what lies in it.
    ///
    /// # Errors
    /// What became of the document, in plain words.
    pub fn read(&mut self) -> Result<Parsed, Failure> {
        let parsed = self.ask_for_text(&Request::Read)?;
        parsed.ok_or_else(|| Failure::passing("the reader gave no answer; install Plumb again"))
    }

    /// The text of a document that lies in it, by its place in [`Parsed::members`]. `None`: it is too large for that; [`Opened::member`] gives its bytes.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn read_member(&mut self, index: usize, name: &str) -> Result<Option<Parsed>, Failure> {
        self.ask_for_text(&Request::ReadMember(index, name.to_owned()))
    }

    fn ask_for_text(&mut self, request: &Request) -> Result<Option<Parsed>, Failure> {
        self.ask(request, |opened, answer, deadline| {
            let mut parsed = match answer {
                Answer::Read(parsed) => parsed,
                Answer::TooLarge => return Ok(None),
                _ => return Err(Broken::Child),
            };
            let mut text = Vec::new();
            opened.hear_content(&mut text, MAX_TEXT, deadline)?;
            parsed.text = String::from_utf8(text).map_err(|_| Broken::Child)?;
            Ok(Some(parsed))
        })
    }

    /// Writes the bytes of a document that lies in it, by its place in [`Parsed::members`].
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        self.ask(&Request::Member(index), |opened, answer, deadline| match answer {
            Answer::Member => opened.hear_content(to, MAX_MEMBER, deadline),
            _ => Err(Broken::Child),
        })
    }

    /// A page, from 0, as an image of this many pixels of width.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn draw(&mut self, page: u32, width: u32) -> Result<Drawn, Failure> {
        self.ask(&Request::Draw { page, width }, |opened, answer, deadline| {
            let Answer::Drawn(mut drawn) = answer else { return Err(Broken::Child) };
            opened.hear_content(&mut drawn.png, MAX_TEXT, deadline)?;
            Ok(drawn)
        })
    }

    fn ask<T>(
        &mut self,
        request: &Request,
        hear: impl FnOnce(&mut Self, Answer, Instant) -> Result<T, Broken>,
    ) -> Result<T, Failure> {
        let turns = self.turns.clone();
        let _turn = turns.take();
        let deadline = Instant::now() + self.time;
        let sent = protocol::write_json(&mut self.socket, request);
        let answered = sent.map_err(|_| Broken::Child).and_then(|()| match self.hear_json(deadline)? {
            Answer::Failed(failure) => Err(failure.into()),
            answer => hear(self, answer, deadline),
        });
        answered.map_err(|broken| match broken {
            Broken::Document(failure) => failure,
            Broken::Sink(error) => Failure::passing(format!("what was read of it could not be kept: {error}")),
            Broken::Child if Instant::now() >= deadline => self.too_long(),
            Broken::Child => self.last_words(),
        })
    }

    fn too_long(&mut self) -> Failure {
        let _ = self.process.kill();
        Failure::failed(format!("reading it took longer than {:?}", self.time))
    }

    fn hear(&mut self, to: &mut [u8], deadline: Instant) -> Result<(), Broken> {
        let mut filled = 0;
        while filled < to.len() {
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or(Broken::Child)?;
            self.socket.set_read_timeout(Some(left)).map_err(|_| Broken::Child)?;
            match self.socket.read(&mut to[filled..]) {
                Ok(0) => return Err(Broken::Child),
                Ok(read) => filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Broken::Child),
            }
        }
        Ok(())
    }

    /// One frame after its length. Memory grows with what arrives, not with what is promised.
    fn hear_frame(&mut self, length: u64, deadline: Instant) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < length {
            let start = bytes.len();
            bytes.resize(start + (length as usize - start).min(1 << 20), 0);
            self.hear(&mut bytes[start..], deadline)?;
        }
        Ok(bytes)
    }

    fn hear_json<T: serde::de::DeserializeOwned>(&mut self, deadline: Instant) -> Result<T, Broken> {
        let mut length = [0; 4];
        self.hear(&mut length, deadline)?;
        let length = protocol::checked(length, MAX_HEAD).map_err(|_| Broken::Child)?;
        serde_json::from_slice(&self.hear_frame(length, deadline)?).map_err(|_| Broken::Child)
    }

    fn hear_content(&mut self, to: &mut dyn Write, most: u64, deadline: Instant) -> Result<(), Broken> {
        let mut all = 0;
        loop {
            let mut length = [0; 4];
            self.hear(&mut length, deadline)?;
            if length == BROKEN.to_le_bytes() {
                return Err(Broken::Document(self.hear_json(deadline)?));
            }
            let length = protocol::checked(length, MAX_PIECE).map_err(|_| Broken::Child)?;
            if length == 0 {
                return Ok(());
            }
            all += length;
            if all > most {
                return Err(Failure::failed(format!("it unpacks to more than {} MB", most >> 20)).into());
            }
            let piece = self.hear_frame(length, deadline)?;
            to.write_all(&piece).map_err(Broken::Sink)?;
        }
    }

    /// Why a child that broke off did so.
    fn last_words(&mut self) -> Failure {
        let _ = self.process.kill();
        let ended = self.process.wait().ok().and_then(|status| status.signal());
        // Whoever ends all programs, as when the computer is turned off, ends this one too.
        if ended.is_some_and(|signal| [libc::SIGKILL, libc::SIGTERM, libc::SIGINT, libc::SIGHUP].contains(&signal)) {
            return Failure::passing("its reader was ended from outside; ask again");
        }
        let mut words = Vec::new();
        if let Some(errors) = self.process.stderr.take() {
            let _ = errors.take(4096).read_to_end(&mut words);
        }
        let words = String::from_utf8_lossy(&words);
        Failure::failed(if words.contains("memory allocation") {
            "it needs more than 1 GB of memory to read"
        } else if words.contains("overflowed its stack") {
            "damaged: its parts are nested without end"
        } else {
            "the reader crashed on it; it may be damaged"
        })
    }
}
