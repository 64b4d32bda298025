//! Facts about this computer, read before the process is sealed.

/// Number of physical cores that this process may use. Two threads on one core only slow each other down.
pub fn physical_cores() -> u32 {
    let siblings = (0..)
        .map_while(|cpu| std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).ok());
    let cores = siblings.collect::<std::collections::HashSet<_>>().len();
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    (if cores == 0 { allowed } else { cores.min(allowed) }) as u32
}

/// The kind of processor that llama.cpp was built for, as its file is named; `native` where it was built on this machine for itself.
pub fn arithmetic() -> String {
    if cfg!(not(feature = "every-processor")) {
        return "native".into();
    }
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let name = |line: &str| Some(line.rsplit_once("libggml-cpu-")?.1.trim_end_matches(".so").to_owned());
    maps.lines().find_map(name).unwrap_or_else(|| "unknown".into())
}

/// Memory that programs can still allocate, in bytes.
pub fn free_memory() -> u64 {
    kilobytes("/proc/meminfo", "MemAvailable:").unwrap_or(0) * 1024
}

/// Private writable memory of this process, in bytes.
pub fn memory_in_use() -> u64 {
    kilobytes("/proc/self/status", "VmData:").unwrap_or(0) * 1024
}

fn kilobytes(file: &str, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(field)?.trim().strip_suffix(" kB")?.parse().ok())
}
