"""Loops that are hard for a verifier, in core text: each is safe and ends, and says so nowhere."""

from __future__ import annotations

_HEAD = "handler hard on ethernet maximum 65535 owns @st: u32[256] plain owns @out: u8[2048] scratch\n"

_BODIES = {
    "tcp_options": """
  block no {
    read %h: u8 = packet[12:u32] else { leave no }
    let %hl: u32 = (widen((%h >> 4:u8), u32) * 4:u32)
    if (%hl < 20:u32) { leave no }
    if (%hl > extent(packet)) { leave no }
    var %o: u32 = 20:u32
    loop options { } while (%o < %hl) {
      block next {
        read %k: u8 = packet[%o]
        if (%k == 0:u8) { leave no }
        if (%k == 1:u8) { %o = (%o + 1:u32) leave next }
        if ((%o + 1:u32) >= %hl) { leave no }
        read %l: u8 = packet[(%o + 1:u32)]
        if ((%l < 2:u8) or ((%o + widen(%l, u32)) > %hl)) { leave no }
        if (%k == 2:u8) {
          if (%l != 4:u8) { leave no }
          read %mss: u16 = packet[(%o + 2:u32)]
          if (%mss > 1400:u16) { exit consume }
          leave no
        }
        %o = (%o + widen(%l, u32))
      }
    }
  }
  exit decline""",
    "scan": """
  var %i: u32 = 0:u32
  loop spaces {
    read %c: u8 = packet[%i] else { exit decline }
  } while (%c == 32:u8) { %i = (%i + 1:u32) }
  read %last: u8 = packet[%i]
  if (%last == 71:u8) { exit consume }
  exit decline""",
    "header_checksum": """
  block no {
    read %v: u8 = packet[0:u32] else { leave no }
    let %n: u32 = (widen((%v & 15:u8), u32) * 4:u32)
    if ((%n < 20:u32) or (%n > extent(packet))) { leave no }
    var %sum: u32 = 0:u32
    var %i: u32 = 0:u32
    loop words { } while (%i < %n) {
      read %w: u16 = packet[%i]
      %sum = (%sum + widen(%w, u32))
      %i = (%i + 2:u32)
    }
    let %once: u32 = ((%sum & 65535:u32) + (%sum >> 16:u32))
    let %twice: u16 = narrow(((%once & 65535:u32) + (%once >> 16:u32)), u16)
    if (%twice == 65535:u16) { exit consume }
  }
  exit decline""",
    "packet_checksum": """
  var %sum: u32 = 0:u32
  var %i: u32 = 0:u32
  block odd {
    loop words {
      read %w: u16 = packet[%i] else { leave words }
    } while true {
      %sum = (%sum + widen(%w, u32))
      %i = (%i + 2:u32)
    }
    read %b: u8 = packet[%i] else { leave odd }
    %sum = (%sum + (widen(%b, u32) << 8:u32))
  }
  if (%sum == 65535:u32) { exit consume }
  exit decline""",
    "records": """
  var %o: u32 = 0:u32
  block end {
    loop walk { } while true {
      read %t: u8 = packet[%o] else { leave end }
      read %l: u8 = packet[(%o + 1:u32)] else { leave end }
      if (widen(%l, u32) > ((extent(packet) - %o) - 2:u32)) { leave end }
      if ((%t == 7:u8) and (%l >= 4:u8)) {
        read %v: u32 = packet[(%o + 2:u32)]
        if (%v == 1:u32) { exit consume }
        leave end
      }
      %o = ((%o + 2:u32) + widen(%l, u32))
    }
  }
  exit decline""",
    "extension_headers": """
  block no {
    if (extent(packet) < 40:u32) { leave no }
    read %first: u8 = packet[6:u32]
    var %nh: u8 = %first
    var %o: u32 = 40:u32
    loop headers { } while ((%nh == 0:u8) or ((%nh == 43:u8) or ((%nh == 60:u8) or (%nh == 44:u8)))) {
      read %all: u64 = packet[%o] else { leave no }
      var %hl: u32 = 8:u32
      if (%nh != 44:u8) {
        read %size: u8 = packet[(%o + 1:u32)]
        %hl = ((widen(%size, u32) + 1:u32) * 8:u32)
      }
      read %then: u8 = packet[%o]
      %nh = %then
      %o = (%o + %hl)
    }
    if (%nh != 17:u8) { leave no }
    read %port: u16 = packet[(%o + 2:u32)] else { leave no }
    if (%port == 53:u16) { exit consume }
  }
  exit decline""",
    "binary_search": """
  read %key: u32 = packet[0:u32] else { exit decline }
  var %lo: u32 = 0:u32
  var %hi: u32 = 256:u32
  loop search { } while (%lo < %hi) {
    let %mid: u32 = ((%lo + %hi) / 2:u32)
    let %v: u32 = @st[%mid]
    if (%v == %key) { exit consume }
    if (%v < %key) { %lo = (%mid + 1:u32) } else { %hi = %mid }
  }
  exit decline""",
    "two_cursors": """
  var %i: u32 = 0:u32
  var %j: u32 = extent(packet)
  loop both { } while (%i < %j) {
    %j = (%j - 1:u32)
    read %a: u8 = packet[%i]
    read %b: u8 = packet[%j]
    if (%a != %b) { exit decline }
    %i = (%i + 1:u32)
  }
  exit consume""",
    "name_with_pointers": """
  block no {
    if (extent(packet) < 12:u32) { leave no }
    var %o: u32 = 12:u32
    var %lim: u32 = 65535:u32
    var %r: u32 = 0:u32
    loop labels { } while true {
      block next {
        read %l: u8 = packet[%o] else { leave no }
        if (%l == 0:u8) { leave labels }
        if ((%l & 192:u8) == 192:u8) {
          read %p: u16 = packet[%o] else { leave no }
          let %t: u32 = widen((%p & 16383:u16), u32)
          if ((%t >= %lim) or (%t >= %o)) { leave no }
          %lim = %t
          %o = %t
          leave next
        }
        if ((%l & 192:u8) != 0:u8) { leave no }
        if (widen(%l, u32) > ((extent(packet) - %o) - 1:u32)) { leave no }
        %o = ((%o + 1:u32) + widen(%l, u32))
        %r = (%r +% widen(%l, u32))
      }
    }
    if (%r > 20:u32) { exit consume }
  }
  exit decline""",
    "insertion_sort": """
  var %i: u32 = 1:u32
  loop outer { } while (%i < 16:u32) {
    let %x: u32 = @st[%i]
    var %j: u32 = %i
    loop inner {
      if (%j == 0:u32) { leave inner }
    } while (@st[(%j - 1:u32)] > %x) {
      @st[%j] = @st[(%j - 1:u32)]
      %j = (%j - 1:u32)
    }
    @st[%j] = %x
    %i = (%i + 1:u32)
  }
  exit consume""",
    "greatest_common_divisor": """
  read %first: u32 = packet[0:u32] else { exit decline }
  read %second: u32 = packet[4:u32] else { exit decline }
  var %a: u32 = %first
  var %b: u32 = %second
  loop divide { } while (%b != 0:u32) {
    let %t: u32 = (%a % %b)
    %a = %b
    %b = %t
  }
  if (%a == 1:u32) { exit consume }
  exit decline""",
    "least_copy": """
  if (extent(packet) < 20:u32) { exit decline }
  var %n: u32 = (extent(packet) - 20:u32)
  if (%n > 64:u32) { %n = 64:u32 }
  var %i: u32 = 0:u32
  loop bytes { } while (%i < %n) {
    read %b: u8 = packet[(20:u32 + %i)]
    @st[%i] = widen(%b, u32)
    %i = (%i + 1:u32)
  }
  exit consume""",
    "variable_length_number": """
  var %v: u32 = 0:u32
  var %i: u32 = 0:u32
  loop bytes { } while true {
    if (%i >= 5:u32) { exit decline }
    read %b: u8 = packet[%i] else { exit decline }
    %v = (%v | (widen((%b & 127:u8), u32) << (7:u32 * %i)))
    %i = (%i + 1:u32)
    if (%b < 128:u8) { leave bytes }
  }
  if (%v == 300:u32) { exit consume }
  exit decline""",
    "trie": """
  read %k: u32 = packet[0:u32] else { exit decline }
  var %node: u32 = 1:u32
  var %d: u32 = 0:u32
  loop bits { } while (%d < 32:u32) {
    if (%node >= 128:u32) { exit decline }
    let %bit: u32 = ((%k >> (31:u32 - %d)) & 1:u32)
    let %nx: u32 = @st[((%node * 2:u32) + %bit)]
    if (%nx == 0:u32) { exit decline }
    if ((%nx & 2147483648:u32) != 0:u32) { exit consume }
    %node = %nx
    %d = (%d + 1:u32)
  }
  exit decline""",
    "substring": """
  var %i: u32 = 0:u32
  loop starts {
    read %four: u32 = packet[%i] else { leave starts }
  } while true {
    var %j: u32 = 0:u32
    loop letters { } while (%j < 4:u32) {
      var %c: u8 = 71:u8
      if (%j == 1:u32) { %c = 69:u8 }
      if (%j == 2:u32) { %c = 84:u8 }
      if (%j == 3:u32) { %c = 32:u8 }
      read %b: u8 = packet[(%i + %j)]
      if (%b != %c) { leave letters }
      %j = (%j + 1:u32)
    }
    if (%j == 4:u32) { exit consume }
    %i = (%i + 1:u32)
  }
  exit decline""",
    "tunnels": """
  block no {
    var %o: u32 = 14:u32
    loop headers { } while true {
      if ((widen(%o, u64) + 20:u64) > widen(extent(packet), u64)) { leave no }
      read %v: u8 = packet[%o]
      let %hl: u32 = (widen((%v & 15:u8), u32) * 4:u32)
      if ((%hl < 20:u32) or (%hl > (extent(packet) - %o))) { leave no }
      read %pr: u8 = packet[(%o + 9:u32)]
      %o = (%o + %hl)
      if (%pr != 4:u8) {
        if (%pr != 17:u8) { leave no }
        read %port: u16 = packet[(%o + 2:u32)] else { leave no }
        if (%port == 53:u16) { exit consume }
        leave no
      }
    }
  }
  exit decline""",
    "positions": """
  var %c: u32 = 0:u32
  var %i: u32 = 0:u32
  loop collect {
    read %b: u8 = packet[%i] else { leave collect }
  } while true {
    if ((%c < 200:u32) and (%b == 58:u8)) {
      @st[%c] = %i
      %c = (%c + 1:u32)
    }
    %i = (%i + 1:u32)
  }
  var %t: u32 = 0:u32
  var %k: u32 = 0:u32
  loop total { } while (%k < %c) {
    %t = (%t +% @st[%k])
    %k = (%k + 1:u32)
  }
  if (%t != 0:u32) { exit consume }
  exit decline""",
    "name_of_128_steps": """
  block no {
    if (extent(packet) < 12:u32) { leave no }
    var %o: u32 = 12:u32
    var %r: u32 = 0:u32
    var %n: u32 = 0:u32
    loop labels { } while (%n < 128:u32) {
      %n = (%n + 1:u32)
      block next {
        read %l: u8 = packet[%o] else { leave no }
        if (%l == 0:u8) { leave labels }
        if ((%l & 192:u8) == 192:u8) {
          read %p: u16 = packet[%o] else { leave no }
          let %t: u32 = widen((%p & 16383:u16), u32)
          if (%t >= %o) { leave no }
          %o = %t
          leave next
        }
        if ((%l & 192:u8) != 0:u8) { leave no }
        if (widen(%l, u32) > ((extent(packet) - %o) - 1:u32)) { leave no }
        %o = ((%o + 1:u32) + widen(%l, u32))
        %r = (%r + widen(%l, u32))
        if (%r > 255:u32) { leave no }
      }
    }
    if (%r > 20:u32) { exit consume }
  }
  exit decline""",
    "limited": """
  block absent {
    var %at: u32 = 54:u32
    var %next: u8 = 0:u8
    loop headers {
      let %more: bool = ((%next == 0:u8) or (%next == 43:u8))
    } while %more limit 8 {
      read %follows: u8 = packet[%at] else { leave absent }
      read %length: u8 = packet[(%at + 1:u32)] else { leave absent }
      let %size: u32 = ((widen(%length, u32) + 1:u32) * 8:u32)
      if (%size > (extent(packet) - %at)) { leave absent }
      %next = %follows
      %at = (%at + %size)
    } else { exit decline }
    exit consume
  }
  exit decline""",
    "nested_sum": """
  var %sum: u32 = 0:u32
  var %i: u32 = 0:u32
  loop rows {
    read %row: u32 = packet[%i] else { leave rows }
  } while true {
    var %j: u32 = 0:u32
    loop columns { } while (%j < 4:u32) {
      read %b: u8 = packet[(%i + %j)]
      %sum = (%sum + widen(%b, u32))
      %j = (%j + 1:u32)
    }
    %i = (%i + 4:u32)
  }
  if (%sum > 9:u32) { exit consume }
  exit decline""",
    "remaining_length": """
  if (extent(packet) < 34:u32) { exit decline }
  read %t: u16 = packet[16:u32]
  if ((widen(%t,u32) < 20:u32) or (widen(%t,u32) > (extent(packet) - 14:u32))) { exit decline }
  var %left: u32 = (widen(%t,u32) - 20:u32)
  var %at: u32 = 34:u32
  loop l { } while (%left >= 2:u32) {
    read %k: u8 = packet[%at]
    read %n: u8 = packet[(%at + 1:u32)]
    if ((widen(%n,u32) < 2:u32) or (widen(%n,u32) > %left)) { exit decline }
    %at = (%at + widen(%n,u32))
    %left = (%left - widen(%n,u32))
  }
  exit consume""",
    "remaining_length_two_ways": """
  var %left: u32 = extent(packet)
  var %at: u32 = 0:u32
  loop l { } while (%left > 0:u32) {
    read %k: u8 = packet[%at]
    if (%k == 1:u8) { %at = (%at + 1:u32) %left = (%left - 1:u32) }
    else {
      if (%left < 2:u32) { exit decline }
      read %n: u8 = packet[(%at + 1:u32)]
      if ((widen(%n,u32) < 2:u32) or (widen(%n,u32) > %left)) { exit decline }
      %at = (%at + widen(%n,u32))
      %left = (%left - widen(%n,u32))
    }
  }
  exit consume""",
    "sum_of_some": """
  var %i: u32 = 0:u32
  var %n: u32 = 0:u32
  var %sum: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while true {
    if (%b > 100:u8) { %n = (%n + 1:u32) %sum = (%sum + widen(%b,u32)) }
    %i = (%i + 1:u32)
  }
  if (%n > 0:u32) { @st[0:u32] = (%sum / %n) }
  exit consume""",
    "found_and_where": """
  var %i: u32 = 0:u32
  var %pos: u32 = 0:u32
  var %found: bool = false
  loop l { } while (not(%found) and (%i < extent(packet))) {
    read %b: u8 = packet[%i]
    if (%b == 58:u8) { %found = true %pos = %i }
    %i = (%i + 1:u32)
  }
  if %found { read %c: u8 = packet[%pos] exit consume }
  exit decline""",
    "nowhere_is_a_number": """
  var %i: u32 = 0:u32
  var %pos: u32 = 4294967295:u32
  loop l { } while (%i < extent(packet)) {
    read %b: u8 = packet[%i]
    if (%b == 58:u8) { %pos = %i }
    %i = (%i + 1:u32)
  }
  if (%pos != 4294967295:u32) { read %c: u8 = packet[%pos] exit consume }
  exit decline""",
    "words_then_bytes": """
  if (extent(packet) < 20:u32) { exit decline }
  read %l: u8 = packet[12:u32]
  let %end: u32 = (20:u32 + widen(%l,u32))
  if (%end > extent(packet)) { exit decline }
  var %at: u32 = 20:u32
  loop l { } while ((%at + 4:u32) <= %end) {
    read %v: u32 = packet[%at]
    %at = (%at + 4:u32)
  }
  loop m { } while (%at < %end) {
    read %v2: u8 = packet[%at]
    %at = (%at + 1:u32)
  }
  exit consume""",
    "strings_to_one_buffer": """
  var %i: u32 = 0:u32
  var %o: u32 = 0:u32
  loop rows { read %n: u8 = packet[%i] else { leave rows } } while (%o < 1024:u32) {
    var %j: u32 = 0:u32
    let %e: u32 = widen(%n,u32)
    if (((%i + 1:u32) + %e) > extent(packet)) { leave rows }
    loop cols { } while (%j < %e) {
      read %b: u8 = packet[((%i + 1:u32) + %j)]
      @out[%o] = %b
      %o = (%o + 1:u32)
      %j = (%j + 1:u32)
    }
    %i = ((%i + 1:u32) + %e)
  }
  exit consume""",
    "rows_and_columns": """
  var %n: u32 = 0:u32
  var %i: u32 = 0:u32
  loop rows { } while (%i < 16:u32) {
    var %j: u32 = 0:u32
    loop columns { } while (%j < 16:u32) {
      @st[%n] = %j
      %n = (%n + 1:u32)
      %j = (%j + 1:u32)
    }
    %i = (%i + 1:u32)
  }
  exit consume""",
    "budget": """
  var %budget: u32 = 1000:u32
  var %i: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while (%i < 3:u32) {
    %budget = (%budget - widen(%b,u32))
    %i = (%i + 1:u32)
  }
  exit consume""",
    "zeros_and_ones": """
  var %zeros: u32 = 0:u32
  var %ones: u32 = 0:u32
  var %i: u32 = 0:u32
  loop l { read %b: u8 = packet[%i] else { leave l } } while true {
    if ((%b & 1:u8) == 0:u8) { %zeros = (%zeros + 1:u32) } else { %ones = (%ones + 1:u32) }
    %i = (%i + 1:u32)
  }
  let %same: u32 = (%i - %zeros)
  if (%same != %ones) { read %z: u8 = packet[4000000000:u32] exit decline }
  exit consume""",
    "condition_as_a_flag": """
  var %i: u32 = 0:u32
  loop l {
    var %go: bool = false
    block b { read %c: u8 = packet[%i] else { leave b } if (%c != 32:u8) { leave b } %go = true }
  } while %go {
    read %d: u8 = packet[%i]
    %i = (%i + 1:u32)
  }
  exit consume""",
    "partition": """
  var %lo: u32 = 0:u32
  var %hi: u32 = 256:u32
  loop l { } while (%lo < %hi) {
    if (@st[%lo] > 5:u32) {
      %hi = (%hi - 1:u32)
      let %t: u32 = @st[%lo]
      @st[%lo] = @st[%hi]
      @st[%hi] = %t
    } else { %lo = (%lo + 1:u32) }
  }
  exit consume""",
    "count_bits": """
  read %x0: u32 = packet[0:u32] else { exit decline }
  var %x: u32 = %x0
  var %n: u32 = 0:u32
  loop l { } while (%x != 0:u32) {
    %x = (%x >> 1:u32)
    %n = (%n + 1:u32)
  }
  exit consume""",
    "backwards": """
  if ((extent(packet) % 4:u32) != 0:u32) { exit decline }
  var %i: u32 = extent(packet)
  loop l { } while (%i != 0:u32) {
    %i = (%i - 4:u32)
    read %b: u32 = packet[%i]
  }
  exit consume""",
}

TEXTS = {name: f"{_HEAD}{{{body}\n}}" for name, body in _BODIES.items()}

TEXTS["two_pipes"] = """handler hard on ethernet maximum 65535
  owns @ring: u8[8192] scratch
  owns @head: u32[1] plain
  pipe cksum(%w: u16) readonly state %sum = 0:u32 {
    %sum = (%sum + widen(%w, u32))
    emit %w
  } finish truncate(((%sum & 65535:u32) + (%sum >> 16:u32)), u16)
  pipe swap(%v: u32) {
    emit bswap(%v)
  }
{
  let %at: u32 = @head[0:u32]
  if ((%at > 8192:u32) or (extent(packet) < 16:u32)) { exit decline }
  read %wanted: u16 = packet[14:u32]
  let %count: u32 = (extent(packet) - 16:u32)
  if (%count > (8192:u32 - %at)) { exit decline }
  copy packet[16:u32 : %count] -> @ring[%at] through cksum, swap as done
  if (%done.cksum != %wanted) { exit abort }
  exit consume
}
"""
