//! Real TLS in front of the scripted server, with its own certificate authority, and a tunnelling proxy.

use plumb_tests::scripted::ScriptedServer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

/// Terminates TLS and forwards the bytes.
pub struct Secured {
    pub port: u16,
    folder: TempDir,
    _connections: JoinSet<()>,
}

impl Secured {
    /// Starts with a certificate for `name`, valid until `year`.
    pub async fn start(server: &ScriptedServer, name: &str, year: i32) -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "The authority of a company");
        let authority_key = KeyPair::generate().unwrap();
        let authority_pem = authority.self_signed(&authority_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let mut certificate = CertificateParams::new(vec![name.to_owned()]).unwrap();
        certificate.not_after = rcgen::date_time_ymd(year, 1, 1);
        let certificate = certificate.signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let mut config =
            ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("authority.pem"), authority_pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, upstream) = (TlsAcceptor::from(Arc::new(config)), address(server));
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
                passing.spawn(async move {
                    // A client that refuses the certificate ends here.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut upstream = TcpStream::connect(upstream).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
                });
            }
        });
        Secured { port, folder, _connections: connections }
    }

    /// Path for `SSL_CERT_FILE`.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

/// Host and port of a scripted server.
pub fn address(server: &ScriptedServer) -> String {
    server.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned()
}

/// A proxy that tunnels every request to one port.
pub struct Proxy {
    pub port: u16,
    heads: Arc<Mutex<Vec<String>>>,
    _connections: JoinSet<()>,
}

impl Proxy {
    /// Starts a proxy that tunnels to `port`, or refuses all requests without one.
    pub async fn start(port: Option<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let kept = heads.clone();
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut passing = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let kept = kept.clone();
                passing.spawn(async move {
                    let mut head = Vec::new();
                    while !head.windows(4).any(|end| end == b"\r\n\r\n") && stream.read_buf(&mut head).await.is_ok_and(|n| n > 0) {}
                    kept.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
                    let Some(port) = port else {
                        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n";
                        let _ = stream.write_all(refusal.as_bytes()).await;
                        // Closing before the request is read would reset the connection.
                        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
                        return;
                    };
                    let mut upstream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut upstream).await;
                });
            }
        });
        Proxy { port: own, heads, _connections: connections }
    }

    /// Heads of the requests, in the order of arrival.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}
