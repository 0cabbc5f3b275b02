# The target re2::re2. Debian's RE2 brings no CMake package, only a header and a library; where there is a package, it
# is taken. Also installed, because the static library flowtank::expr needs RE2 where it is linked.
if(NOT TARGET re2::re2)
  find_package(re2 CONFIG QUIET)
endif()
if(NOT TARGET re2::re2)
  find_path(FLOWTANK_RE2_INCLUDE re2/re2.h REQUIRED)
  find_library(FLOWTANK_RE2_LIBRARY re2 REQUIRED)
  mark_as_advanced(FLOWTANK_RE2_INCLUDE FLOWTANK_RE2_LIBRARY)
  add_library(re2::re2 UNKNOWN IMPORTED GLOBAL)
  set_target_properties(re2::re2 PROPERTIES
    IMPORTED_LOCATION "${FLOWTANK_RE2_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${FLOWTANK_RE2_INCLUDE}")
endif()
