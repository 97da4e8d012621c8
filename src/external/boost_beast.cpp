// Boost.Beast, compiled once; every file is built with BOOST_BEAST_SEPARATE_COMPILATION.
#include <boost/beast/src.hpp>
