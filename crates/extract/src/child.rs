//! The parent's side of one sealed child and its document.

use crate::{
    Drawn, Failure, Family, Parsed,
    extractor::Semaphore,
    protocol::{self, Answer, BROKEN, MAX_JSON_BYTES, MAX_MEMBER, MAX_PIECE_BYTES, MAX_TEXT, Ready, Request},
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

/// A document in a sealed child of its own. All calls block. Dropping it ends the child.
pub struct Opened {
    process: std::process::Child,
    socket: UnixStream,
    timeout: Duration,
    permits: Arc<Semaphore>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Why a request failed.
enum RequestError {
    /// The child is gone, or breaks the protocol.
    Child,
    /// The caller's writer failed.
    Sink(io::Error),
    /// The child reports a failure of the document.
    Document(Failure),
}

impl From<Failure> for RequestError {
    fn from(failure: Failure) -> Self {
        RequestError::Document(failure)
    }
}

impl Opened {
    pub(crate) fn start(
        program: &Path,
        family: Family,
        document: &File,
        timeout: Duration,
        permits: Arc<Semaphore>,
    ) -> Result<Self, Failure> {
        let cannot_start = |e: io::Error| Failure::passing(format!("the document reader could not be started: {e}"));
        let document = document.try_clone().map_err(cannot_start)?;
        let (socket, theirs) = UnixStream::pair().map_err(cannot_start)?;
        let family = serde_json::to_string(&family).map_err(|e| cannot_start(e.into()))?;
        // The environment may hold keys, and the child needs none of it.
        let mut command = Command::new(program);
        command.arg(family).env_clear().stdin(document).stdout(OwnedFd::from(theirs)).stderr(Stdio::piped());
        let process = command.spawn().map_err(cannot_start)?;
        // The command holds the child's end of the socket.
        drop(command);
        let mut opened = Opened { process, socket, timeout, permits };
        let deadline = Instant::now() + timeout;
        match opened.receive_json::<Ready>(deadline) {
            Ok(Ok(())) => Ok(opened),
            Ok(Err(reason)) => Err(Failure::passing(format!("it was not read because {reason}"))),
            // The child has not looked at the document yet, so this says nothing about it.
            Err(_) if Instant::now() >= deadline => Err(Failure::passing(opened.timed_out().reason)),
            Err(_) => Err(Failure::passing("the document reader stopped at once; install Plumb again")),
        }
    }

    /// Reads the document's text and lists the documents inside it.
    ///
    /// # Errors
    /// Why there is no text, in plain words.
    pub fn read(&mut self) -> Result<Parsed, Failure> {
        let parsed = self.request_text(&Request::Read)?;
        parsed.ok_or_else(|| Failure::passing("the document reader gave no answer; install Plumb again"))
    }

    /// Reads the text of a member, by its index in [`Parsed::members`]. `None`: it is too large to read in memory; use [`Opened::member`] for its bytes.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn read_member(&mut self, index: usize, name: &str) -> Result<Option<Parsed>, Failure> {
        self.request_text(&Request::ReadMember(index, name.to_owned()))
    }

    fn request_text(&mut self, request: &Request) -> Result<Option<Parsed>, Failure> {
        self.request_answer(request, |opened, answer, deadline| {
            let mut parsed = match answer {
                Answer::Read(parsed) => parsed,
                Answer::TooLarge => return Ok(None),
                _ => return Err(RequestError::Child),
            };
            let mut text = Vec::new();
            opened.receive_content(&mut text, MAX_TEXT, deadline)?;
            parsed.text = String::from_utf8(text).map_err(|_| RequestError::Child)?;
            Ok(Some(parsed))
        })
    }

    /// Writes the bytes of a member, by its index in [`Parsed::members`].
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn member(&mut self, index: usize, to: &mut dyn Write) -> Result<(), Failure> {
        self.request_answer(&Request::Member(index), |opened, answer, deadline| match answer {
            Answer::Member => opened.receive_content(to, MAX_MEMBER, deadline),
            _ => Err(RequestError::Child),
        })
    }

    /// Draws a page, counted from 0, as an image `width` pixels wide.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn draw(&mut self, page: u32, width: u32) -> Result<Drawn, Failure> {
        self.request_answer(&Request::Draw { page, width }, |opened, answer, deadline| {
            let Answer::Drawn(mut drawn) = answer else { return Err(RequestError::Child) };
            opened.receive_content(&mut drawn.png, MAX_TEXT, deadline)?;
            Ok(drawn)
        })
    }

    fn request_answer<T>(
        &mut self,
        request: &Request,
        receive: impl FnOnce(&mut Self, Answer, Instant) -> Result<T, RequestError>,
    ) -> Result<T, Failure> {
        let permits = self.permits.clone();
        let _permit = permits.acquire();
        let deadline = Instant::now() + self.timeout;
        let sent = protocol::write_json(&mut self.socket, request);
        let answered = sent.map_err(|_| RequestError::Child).and_then(|()| match self.receive_json(deadline)? {
            Answer::Failed(failure) => Err(failure.into()),
            answer => receive(self, answer, deadline),
        });
        answered.map_err(|broken| match broken {
            RequestError::Document(failure) => failure,
            RequestError::Sink(error) => Failure::passing(format!("its contents could not be saved: {error}")),
            RequestError::Child if Instant::now() >= deadline => self.timed_out(),
            RequestError::Child => self.crash_reason(),
        })
    }

    fn timed_out(&mut self) -> Failure {
        let _ = self.process.kill();
        Failure::failed(format!("reading it took longer than {:?}", self.timeout))
    }

    fn receive(&mut self, to: &mut [u8], deadline: Instant) -> Result<(), RequestError> {
        let mut filled = 0;
        while filled < to.len() {
            let left =
                deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or(RequestError::Child)?;
            self.socket.set_read_timeout(Some(left)).map_err(|_| RequestError::Child)?;
            match self.socket.read(&mut to[filled..]) {
                Ok(0) => return Err(RequestError::Child),
                Ok(read) => filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(RequestError::Child),
            }
        }
        Ok(())
    }

    /// Receives the bytes of one frame. Memory grows with the bytes that arrive, not with the announced length.
    fn receive_frame(&mut self, length: u64, deadline: Instant) -> Result<Vec<u8>, RequestError> {
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < length {
            let start = bytes.len();
            bytes.resize(start + (length as usize - start).min(1 << 20), 0);
            self.receive(&mut bytes[start..], deadline)?;
        }
        Ok(bytes)
    }

    fn receive_json<T: serde::de::DeserializeOwned>(&mut self, deadline: Instant) -> Result<T, RequestError> {
        let mut length = [0; 4];
        self.receive(&mut length, deadline)?;
        let length = protocol::checked(length, MAX_JSON_BYTES).map_err(|_| RequestError::Child)?;
        serde_json::from_slice(&self.receive_frame(length, deadline)?).map_err(|_| RequestError::Child)
    }

    fn receive_content(&mut self, to: &mut dyn Write, max_bytes: u64, deadline: Instant) -> Result<(), RequestError> {
        let mut all = 0;
        loop {
            let mut length = [0; 4];
            self.receive(&mut length, deadline)?;
            if length == BROKEN.to_le_bytes() {
                return Err(RequestError::Document(self.receive_json(deadline)?));
            }
            let length = protocol::checked(length, MAX_PIECE_BYTES).map_err(|_| RequestError::Child)?;
            if length == 0 {
                return Ok(());
            }
            all += length;
            if all > max_bytes {
                return Err(Failure::failed(format!("it unpacks to more than {} MB", max_bytes >> 20)).into());
            }
            let piece = self.receive_frame(length, deadline)?;
            to.write_all(&piece).map_err(RequestError::Sink)?;
        }
    }

    /// Explains why the child ended without an answer.
    fn crash_reason(&mut self) -> Failure {
        let _ = self.process.kill();
        let signal = self.process.wait().ok().and_then(|status| status.signal());
        // A shutdown, or a user who ends all programs, ends this child too: that says nothing about the document.
        if signal.is_some_and(|signal| [libc::SIGKILL, libc::SIGTERM, libc::SIGINT, libc::SIGHUP].contains(&signal)) {
            return Failure::passing("its reader was stopped from outside; try again");
        }
        let mut message = Vec::new();
        if let Some(errors) = self.process.stderr.take() {
            let _ = errors.take(4096).read_to_end(&mut message);
        }
        let message = String::from_utf8_lossy(&message);
        Failure::failed(if message.contains("memory allocation") {
            "it needs more than 1 GB of memory to read"
        } else if message.contains("overflowed its stack") {
            "damaged: its parts are nested too deeply"
        } else {
            "the reader crashed on it; it may be damaged"
        })
    }
}
