#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the library's declarations as Python's ctypes, from its headers, so that nobody copies them by hand;
and a C file that does not compile where the sizes or the places that ctypes takes are not the compiler's.

The headers are ours and regular: a declaration of another form than those read here ends the program.

usage: sdc_python.py HEADER... --module ABI.py --check CHECK.c"""
import argparse
import ctypes
import importlib.util
import re
import sys
from pathlib import Path

PLAIN = {
    "void": None, "bool": "c_bool", "char": "c_char", "int": "c_int", "unsigned": "c_uint", "size_t": "c_size_t",
    "double": "c_double", "int8_t": "c_int8", "uint8_t": "c_uint8",
    "int16_t": "c_int16", "uint16_t": "c_uint16", "int32_t": "c_int32",
    "uint32_t": "c_uint32", "int64_t": "c_int64", "uint64_t": "c_uint64",
}
NUMBER = re.compile(r"(?<![\w.])(\d[\w.]*?)(?:[uU]?[lL]*)(?![\w.])")
LIMITS = {"UINT32_MAX": "0xFFFFFFFF"}


def fail(what):
    sys.exit(f"sdc_python.py: cannot read this declaration: {' '.join(what.split())[:200]}")


class Header:
    def __init__(self):
        self.constants, self.enums, self.structs, self.functions = {}, {}, {}, {}

    # --- constants

    def value(self, text):
        """A constant expression of ours as a number, None for what is none."""
        text = re.sub(r"\((?:size_t|uint32_t|uint64_t|int)\)", "", text.strip())
        for name, number in LIMITS.items():
            text = text.replace(name, number)
        text = re.sub(r"\b[A-Z][A-Z0-9_]+\b", lambda name: str(self.constants.get(name.group(), "?")), text)
        text = re.sub(r"\bU?INT(?:32|64)_C\((\w+)\)", r"\1", text)
        if not re.fullmatch(r"[\w\s.()<>+*/-]+", text):
            return None
        try:
            return eval(NUMBER.sub(r"\1", text), {"__builtins__": {}})   # pylint: disable=eval-used
        except (SyntaxError, NameError, TypeError):
            return None

    def read_defines(self, text):
        for name, value in re.findall(r"^#define (\w+) +(.+)$", text, re.MULTILINE):
            number = self.value(value)
            if number is not None:
                self.constants[name] = number

    def read_enum(self, name, body):
        self.enums[name] = True
        following = 0
        for item in filter(None, map(str.strip, body.split(","))):
            constant, _, value = item.partition("=")
            following = self.value(value) if value else following
            if following is None:
                fail(item)
            self.constants[constant.strip()] = following
            following += 1

    # --- types

    def type_of(self, base, stars):
        """As an expression of ctypes; STARS is how often it is a pointer. A text that is not const is somebody's
        to give back, so that its address is wanted."""
        is_owned = stars and re.fullmatch(r"\s*char\s*", base)
        base = re.sub(r"\b(?:const|struct|enum)\b", "", base).strip()
        if base in self.enums:
            base = "int"
        if base in PLAIN:
            if base == "char" and stars:
                base, stars = "c_void_p" if is_owned else "c_char_p", stars - 1
            elif base == "void" and stars:
                base, stars = "c_void_p", stars - 1
            else:
                base = PLAIN[base]
        elif base not in self.structs:
            fail(base)
        for _ in range(stars):
            base = f"POINTER({base})"
        return base

    def members(self, body):
        for declaration in filter(None, map(str.strip, body.split(";"))):
            pointer = re.fullmatch(r"[\w\s*]+\(\*(\w+)\)\(.*\)", declaration, re.DOTALL)
            if pointer:
                yield pointer.group(1), "c_void_p"   # a function that Python gives or does not see
                continue
            match = re.fullmatch(r"((?:(?:const|struct)\s+)*\w+(?:\s+const)?)\s*(.*)", declaration, re.DOTALL)
            if not match:
                fail(declaration)
            for one in match.group(2).split(","):
                yield self.declarator(match.group(1), one)

    def declarator(self, base, text):
        match = re.fullmatch(r"([*\s]|const\b)*(\w+)((?:\[[^\]]+\])*)", text.strip())
        if not match:
            fail(f"{base} {text}")
        before = text[:text.index(match.group(2))] if match.group(2) in text else ""
        made = self.type_of(base, before.count("*"))
        for size in reversed(re.findall(r"\[([^\]]+)\]", match.group(3))):
            number = self.value(size)
            if number is None:
                fail(f"{base} {text}")
            made = f"{made} * {number}"
        return match.group(2), made

    def read_struct(self, name, body):
        self.structs.setdefault(name, None)
        self.structs[name] = list(self.members(body))

    # --- functions

    def parameter(self, text):
        match = re.fullmatch(r"((?:const |struct )*\w+(?: const)?)\s*((?:[*\s]|const\b)*)(\w+)((?:\[\w+\])?)",
                             " ".join(text.split()))
        if not match:
            fail(text)
        stars = match.group(2).count("*") + bool(match.group(4))
        if match.group(4) and "char" in match.group(1):
            return "POINTER(c_char)"   # written by the function
        return self.type_of(match.group(1), stars)

    def read_function(self, result, name, parameters):
        match = re.fullmatch(r"((?:const )?(?:struct )?\w+)\s*((?:[*\s]|const\b)*)", " ".join(result.split()))
        if not match:
            fail(f"{result} {name}")
        takes = [] if parameters.strip() == "void" else [self.parameter(one) for one in parameters.split(",")]
        self.functions[name] = (self.type_of(match.group(1), match.group(2).count("*")), takes)

    # --- files

    def read(self, text):
        text = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
        self.read_defines(text.replace("\\\n", " "))
        text = re.sub(r"^#.*?(?<!\\)$", "", text, flags=re.MULTILINE | re.DOTALL)
        text = re.sub(r'extern "C" \{', "", text)
        item = re.compile(
            r"\s*(?:typedef enum (?P<enum>\w+) \{(?P<values>[^}]*)\} \w+;"
            r"|(?:typedef )?struct (?P<struct>\w+) \{(?P<members>[^}]*)\}(?: (?P<alias>\w+))?;"
            r"|typedef struct (?P<opaque>\w+) \w+;|struct (?P<forward>\w+);"
            r"|(?P<result>(?:const )?(?:struct )?\w+[\s*]+?)(?P<function>\w+)\((?P<parameters>[^;{]*)\);|\}\s*\Z)")
        at, text = 0, text.strip()
        while at < len(text):
            match = item.match(text, at)
            if not match:
                fail(text[at:])
            if match["enum"]:
                self.read_enum(match["enum"], match["values"])
            elif match["struct"]:
                self.read_struct(match["struct"], match["members"])
            elif match["opaque"] or match["forward"]:
                self.structs.setdefault(match["opaque"] or match["forward"], None)
            elif match["function"]:
                self.read_function(match["result"], match["function"], match["parameters"])
            at = match.end()


def module_text(header):
    lines = ["# SPDX-License-Identifier: Apache-2.0",
             '"""Made from the headers of the library by scripts/sdc_python.py; do not edit."""',
             "from ctypes import (POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_int, c_int8, c_int16, c_int32,",
             "                    c_int64, c_size_t, c_uint, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p)", ""]
    lines += [f"{name} = {value!r}" for name, value in header.constants.items()]
    lines += ["", *(f"class {name}(Structure):\n    pass\n" for name in header.structs)]
    for name, members in header.structs.items():
        if members is not None:
            inner = ",\n    ".join(f'("{member}", {made})' for member, made in members)
            lines.append(f"{name}._fields_ = [\n    {inner}]")
    lines += ["", "FUNCTIONS = {"]
    for name, (result, takes) in header.functions.items():
        lines.append(f'    "{name}": ({result}, [{", ".join(takes)}]),')
    return "\n".join([*lines, "}", ""])


def check_text(header, module, names):
    lines = ["/* Made by scripts/sdc_python.py: what ctypes takes for granted. */", "#include <stddef.h>",
             *(f'#include "{name}"' for name in names)]
    tags = {"ArrowSchema", "ArrowArray", "ArrowArrayStream"}   # structures without a typedef
    for name, members in header.structs.items():
        if members is None:
            continue
        struct, spelt = getattr(module, name), f"struct {name}" if name in tags else name
        lines.append(f'_Static_assert(sizeof({spelt}) == {ctypes.sizeof(struct)}, "{name}");')
        for member, _ in members:
            place = getattr(struct, member).offset
            lines.append(f'_Static_assert(offsetof({spelt}, {member}) == {place}, "{name}.{member}");')
    return "\n".join([*lines, "int main(void)", "{", "    return 0;", "}", ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("headers", nargs="+", type=Path)
    parser.add_argument("--module", type=Path, required=True)
    parser.add_argument("--check", type=Path, required=True)
    arguments = parser.parse_args()
    header = Header()
    for path in arguments.headers:
        header.read(path.read_text(encoding="utf-8"))
    if len(header.functions) < 60 or len(header.structs) < 30:
        sys.exit("sdc_python.py: too few declarations were found")
    arguments.module.write_text(module_text(header), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("abi", arguments.module)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = ["sdc/sdc.h" if path.name == "darse-sdc.h" else f"{path.parent.name}/{path.name}"
             for path in arguments.headers]
    arguments.check.write_text(check_text(header, module, names), encoding="utf-8")


if __name__ == "__main__":
    main()
