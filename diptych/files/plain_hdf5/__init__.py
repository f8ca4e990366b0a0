"""HDF5 files read without libhdf5, as far as they are of the plain kind in which Keras keeps weights.

The layout is that of the HDF5 File Format Specification 3.0, of which this knows what h5py writes unless told: a
superblock of version 0, groups with B-trees of version 1, object headers of version 1, and arrays in one piece. It
reads headers alone, needs no NumPy, and cannot crash. Whatever is otherwise raises `Odd`: libhdf5 is then asked.
"""
