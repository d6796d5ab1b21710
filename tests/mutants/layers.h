// The layers of checking, each by itself: how long until one finds what is wrong with the code it is linked with.
//
// A layer never stops for another one's reasons: those of the simulation run the same seeds with one kind of check on,
// and pass over what only another kind sees.
#ifndef LOCKSTEP_TESTS_MUTANTS_LAYERS_H_
#define LOCKSTEP_TESTS_MUTANTS_LAYERS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep::mutants {

enum class Layer : uint8_t {
  kInvariant,   // Swarm seeds, nothing checked but what the code checks of itself (LOCKSTEP_CHECK, a signal).
  kSimulation,  // Swarm seeds of the bare core; the properties of each step.
  kRefinement,  // The same seeds; each step must be one of the specification's.
  kHistory,     // The same seeds; only what clients saw.
  kLiveness,    // The same seeds; only progress after the healing.
  kFullStack,   // Swarm seeds of whole nodes; everything but the refinement.
  kService,     // Swarm seeds of whole nodes with the services on them; everything but the refinement.
  kExplorer,    // Every schedule of the core within small bounds; properties, no refinement.
};
inline constexpr std::array<Layer, 8> kLayers = {Layer::kInvariant, Layer::kSimulation, Layer::kRefinement,
                                                 Layer::kHistory,   Layer::kLiveness,   Layer::kFullStack,
                                                 Layer::kService,   Layer::kExplorer};

const char* ToString(Layer layer);
std::optional<Layer> LayerNamed(std::string_view name);

// What a hunt may spend and what it is after.
struct Hunt {
  Layer layer = Layer::kSimulation;
  uint64_t budget = 0;                  // Seeds; of the explorer, distinct states.
  uint64_t first_seed = 1;              // The explorer has none.
  double seconds_max = 60;              // Of a processor: a layer that works longer has found nothing.
  Layer runs = Layer::kSimulation;      // kInvariant: the layer whose runs these are.
  std::vector<std::string> properties;  // What counts; empty: whatever the layer may tell.
};

// What a layer found; the property is empty if it found nothing.
struct Catch {
  std::string property;
  uint64_t spent = 0;  // Seeds, or distinct states.
  double seconds = 0;  // Of a processor.
  std::string evidence;
  std::vector<std::string> others;  // Broken on the way, but not what was hunted.
  std::string ended_by;             // How the process first ended itself; empty: it never did.
  uint64_t ended_at = 0;            // After so many seeds.
  bool out_of_time = false;
};

// The name under which LOCKSTEP_CHECK is caught: a run says it (sim/invariant.h), or its process ends.
inline constexpr const char* kInvariantProperty = "InternalInvariant";

// Hunts in child processes: the code may stop its process or never return.
Catch Pursue(const Hunt& hunt);

}  // namespace lockstep::mutants

#endif  // LOCKSTEP_TESTS_MUTANTS_LAYERS_H_
