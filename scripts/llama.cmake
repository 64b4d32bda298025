# Read by CMake before llama.cpp's own CMakeLists.txt (.cargo/config.toml), whose build script has no feature for this.

# Its command line's library, which nothing uses, is a sixth of the work.
set(LLAMA_BUILD_COMMON OFF CACHE BOOL "" FORCE)

# Arithmetic for the processor of this machine alone, unless it is built for every one (scripts/bundle.sh).
if (NOT GGML_CPU_ALL_VARIANTS)
    set(GGML_NATIVE ON CACHE BOOL "" FORCE)
endif()
