"""Work-order commands a second through gRPC, beside the plain insertion of the rows they write."""
