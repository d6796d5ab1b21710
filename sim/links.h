// A set of directed links between up to seven servers: what a fault of the network cuts.
#ifndef LOCKSTEP_SIM_LINKS_H_
#define LOCKSTEP_SIM_LINKS_H_

#include <cstdint>

namespace lockstep::sim {

inline constexpr uint32_t kServersMax = 7;

// A set of servers: bit n for server n.
using ServerSet = uint32_t;
constexpr ServerSet Only(uint32_t server) { return ServerSet{1} << server; }
constexpr bool Has(ServerSet set, uint32_t server) { return (set >> server & 1) != 0; }
constexpr ServerSet FirstServers(uint32_t count) { return ((ServerSet{1} << count) - 1) << 1; }

class LinkSet {
 public:
  constexpr LinkSet() = default;

  // Every link from one of `from` to one of `to`.
  static constexpr LinkSet Between(ServerSet from, ServerSet to) {
    LinkSet links;
    for (uint32_t a = 1; a <= kServersMax; ++a) {
      for (uint32_t b = 1; b <= kServersMax; ++b) {
        if (a != b && Has(from, a) && Has(to, b)) links.bits_ |= Bit(a, b);
      }
    }
    return links;
  }
  // The same in both directions.
  static constexpr LinkSet Both(ServerSet a, ServerSet b) { return Between(a, b) | Between(b, a); }

  constexpr bool contains(uint32_t from, uint32_t to) const { return (bits_ & Bit(from, to)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr LinkSet operator|(LinkSet a, LinkSet b) { return LinkSet(a.bits_ | b.bits_); }
  friend constexpr LinkSet operator-(LinkSet a, LinkSet b) { return LinkSet(a.bits_ & ~b.bits_); }
  friend constexpr bool operator==(LinkSet, LinkSet) = default;

 private:
  explicit constexpr LinkSet(uint64_t bits) : bits_(bits) {}
  static constexpr uint64_t Bit(uint32_t from, uint32_t to) { return uint64_t{1} << (from * 8 + to); }

  uint64_t bits_ = 0;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_LINKS_H_
