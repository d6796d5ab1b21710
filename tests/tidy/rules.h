// The rules of the source tree that a compiler does not enforce.
//
// Each rule is a function of the tree and appends one line per violation,
// `path:line: what is wrong; what to do`. The rules keep the walls between folders
// (who may include whom), the purity of what must be deterministic, and the shape of
// the tree. What clang-format or a warning can say is left to them.

#ifndef LOCKSTEP_TESTS_TIDY_RULES_H_
#define LOCKSTEP_TESTS_TIDY_RULES_H_

#include <string>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace lockstep::tidy {

using SourceTree = std::vector<SourceFile>;
using Violations = std::vector<std::string>;

// Each folder includes only the folders, libraries and system headers it may. An include
// names a path from the root of the project, or a library this table knows.
void CheckIncludes(const SourceTree& tree, Violations& violations);

// Words that would make a deterministic folder depend on time, chance, threads or hash
// order do not appear in its code. Tests and benchmarks are free.
void CheckPurity(const SourceTree& tree, Violations& violations);

// No conditional compilation: the code that is tested is the code that runs. A header has
// one guard, named after its path.
void CheckPreprocessor(const SourceTree& tree, Violations& violations);

// No marker of unfinished work and no path of somebody's machine, in any language.
void CheckText(const SourceTree& tree, Violations& violations);

// C++, Starlark, scripts and .proto files stay within 500 lines, tests within 800.
void CheckLength(const SourceTree& tree, Violations& violations);

// Each folder that holds code has a README.md.
void CheckReadmes(const SourceTree& tree, Violations& violations);

// All of the above.
Violations CheckAll(const SourceTree& tree);

}  // namespace lockstep::tidy

#endif  // LOCKSTEP_TESTS_TIDY_RULES_H_
