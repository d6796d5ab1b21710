// The page's text, page.html and page.js, as the build puts them into the program.
#ifndef LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_TEMPLATE_H_
#define LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_TEMPLATE_H_

#include <string_view>

namespace lockstep::linearizability::report {

extern const std::string_view kPageHtml;  // with the marks @@TITLE@@, @@META@@, @@DATA@@ and @@SCRIPT@@
extern const std::string_view kPageScript;

}  // namespace lockstep::linearizability::report

#endif  // LOCKSTEP_SPEC_LINEARIZABILITY_REPORT_PAGE_TEMPLATE_H_
