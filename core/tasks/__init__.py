"""The four use cases: text in, typed result out. They know no database and no page; engines are passed in."""
