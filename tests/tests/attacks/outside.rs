//! Targets of attacks (a secret, a folder, servers, a process), and the positive controls that reach them.

use crate::{
    data::{self, Attack, Control},
    way::am_root,
};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, UdpSocket},
    os::{
        linux::net::SocketAddrExt,
        unix::{
            fs::{PermissionsExt, chown},
            net::{SocketAddr, UnixListener},
            process::CommandExt,
        },
    },
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const TOKEN: &str = "the-secret-token-of-this-test";

pub struct Outside {
    folder: TempDir,
    user: Option<u32>,
    tcp: u16,
    udp: u16,
    abstract_name: String,
    victim: Mutex<Child>,
    arrived: Arc<Mutex<Vec<String>>>,
}

impl Drop for Outside {
    fn drop(&mut self) {
        let victim = self.victim.get_mut().unwrap();
        let _ = victim.kill();
        let _ = victim.wait();
    }
}

fn as_user(command: &mut Command, user: Option<u32>) {
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
}

impl Outside {
    pub fn new(user: Option<u32>) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["secrets", "writable"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("secrets/secret.txt"), TOKEN).unwrap();
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let unix = UnixListener::bind(folder.path().join("socket")).unwrap();
        let abstract_name = format!("plumb-attacks-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let abstracted = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&abstract_name).unwrap()).unwrap();
        let ports = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
        listen(&arrived, "TCP", move || tcp.accept().map(|(stream, _)| greet(stream)));
        listen(&arrived, "UDP", move || udp.recv_from(&mut [0; 100]).map(drop));
        listen(&arrived, "UNIX", move || unix.accept().map(|(stream, _)| greet(stream)));
        listen(&arrived, "abstract UNIX", move || abstracted.accept().map(|(stream, _)| greet(stream)));
        let mut victim = Command::new("sleep");
        victim.arg("1000").stdin(Stdio::null()).process_group(0);
        as_user(&mut victim, user);
        let victim = Mutex::new(victim.spawn().unwrap());
        if let Some(user) = user {
            for name in ["secrets", "secrets/secret.txt", "writable", "socket"] {
                chown(folder.path().join(name), Some(user), Some(user)).unwrap();
            }
        }
        Outside { folder, user, tcp: ports.0, udp: ports.1, abstract_name, victim, arrived }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Code that runs before each attack.
    pub fn prologue(&self) -> String {
        let victim = self.victim.lock().unwrap().id();
        let (tcp, udp, abstract_name) = (self.tcp, self.udp, &self.abstract_name);
        let (secret, secrets, writable, unix) =
            (self.path("secrets/secret.txt"), self.path("secrets"), self.path("writable"), self.path("socket"));
        format!(
            "SECRET = {secret:?}\nSECRET_FOLDER = {secrets:?}\nWRITABLE = {writable:?}\nTCP_PORT = {tcp}\nUDP_PORT = {udp}\n\
             UNIX_PATH = {unix:?}\nABSTRACT_NAME = {abstract_name:?}\nVICTIM = {victim}\nTOKEN = {TOKEN:?}\n\
             def reached(what):\n    print('REACHED: ' + str(what))\n"
        )
    }

    /// Harm done to the targets.
    pub fn harm(&self) -> Vec<String> {
        let mut harm = self.arrived.lock().unwrap().clone();
        if let Ok(Some(status)) = self.victim.lock().unwrap().try_wait() {
            harm.push(format!("another process was ended: {status}"));
        }
        if fs::read_to_string(self.path("secrets/secret.txt")).ok().as_deref() != Some(TOKEN) {
            harm.push("the secret was changed".to_owned());
        }
        let names = |folder| fs::read_dir(self.path(folder)).unwrap().map(|e| e.unwrap().file_name()).collect::<Vec<_>>();
        if !names("writable").is_empty() || names("secrets").len() != 1 {
            harm.push(format!("files were made: {:?} {:?}", names("writable"), names("secrets")));
        }
        harm
    }

    /// Makes the attack without protection. Returns the reason if it fails.
    pub async fn control(&self, attack: &Attack) -> Option<String> {
        // A shell of the same user is the parent that the attack may signal.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "/usr/bin/python3 \"$@\"; exit", "control"]);
        match attack.control {
            Control::Python => command.arg("-"),
            Control::Naive => command.arg(self.readable("naive.py")).arg(attack.checks.as_deref().unwrap_or("none")),
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).current_dir(self.path("writable"));
        as_user(&mut command, self.user);
        let source = format!("{}{}", self.prologue(), attack.source());
        let name = attack.name.clone();
        let run = tokio::task::spawn_blocking(move || {
            let mut child = command.process_group(0).spawn().unwrap();
            // An attack may end before it has read all of its code.
            let _ = child.stdin.take().unwrap().write_all(source.as_bytes());
            let mut shown = child.stdout.take().unwrap();
            let id = child.id();
            // Its children may hold the pipe open, so only output in time counts.
            let timer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(30));
                let _ = Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).stderr(Stdio::null()).status();
            });
            let mut said = Vec::new();
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = shown.read(&mut piece) {
                said.extend_from_slice(&piece[..read]);
                if String::from_utf8_lossy(&said).lines().any(|line| line.starts_with("REACHED: ")) {
                    break;
                }
            }
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{id}")]).stderr(Stdio::null()).status();
            let mut errors = String::new();
            let _ = child.stderr.take().unwrap().take(2000).read_to_string(&mut errors);
            let _ = child.wait();
            drop(timer);
            (String::from_utf8_lossy(&said).into_owned(), errors)
        });
        let (said, errors) = run.await.unwrap();
        let reached = said.lines().any(|line| line.starts_with("REACHED: "));
        (!reached).then(|| format!("{name}: {} {}", said.trim(), errors.lines().last().unwrap_or_default()))
    }

    /// Copies a file of the suite to a place where the other user can read it.
    fn readable(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::copy(data::folder().join(name), &path).unwrap();
        if am_root() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        path
    }
}

/// Greets a client and reads until it closes.
fn greet(mut stream: impl Read + Write + Send + 'static) {
    std::thread::spawn(move || {
        let _ = stream.write_all(b"hello\n");
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
}

/// Records each arrival until the program ends.
fn listen(arrived: &Arc<Mutex<Vec<String>>>, what: &'static str, mut next: impl FnMut() -> std::io::Result<()> + Send + 'static) {
    let arrived = arrived.clone();
    std::thread::spawn(move || {
        while next().is_ok() {
            arrived.lock().unwrap().push(format!("something arrived over {what}"));
        }
    });
}
